// Starts GraphiQL on Daybook's own API, with the session cookie that the dashboard's login set. The
// scripts before this one define React, ReactDOM and GraphiQL.

const API = "/graphql";

const INTRODUCTION = `# Ctrl-Enter runs the query at the cursor,
# Ctrl-Space completes, and the book at the left
# describes every type and field.

query LatestSchedules {
  viewer { name role }
  schedules(first: 5) {
    nodes {
      name
      title
      status
      createdTime
      progress { reported expected pass fail percent }
    }
  }
}

# More to try: select the lines, take away the #
# with Ctrl-/, and put in the name of a schedule.
#
# What is newly broken, compared to another schedule?
# query NewlyBroken {
#   schedule(name: "00000000-0000-0000-0000-000000000000") {
#     comparison(with: "00000000-0000-0000-0000-000000000000") {
#       newlyFailing
#       fixed
#       stillFailing
#     }
#   }
# }
#
# Which scripts are flaky?
# query Flaky {
#   scripts(first: 20, flakyOnly: true) {
#     nodes { name passRate flips runs }
#   }
# }
#
# Open a schedule, then report a result to it (this takes the role REPORTER).
# mutation Open {
#   createSchedule(input: { title: "by hand" }) { schedule { name } }
# }
# mutation Report {
#   reportResult(input: {
#     schedule: "00000000-0000-0000-0000-000000000000"
#     script: "smoke"
#     status: PASS
#     durationMs: 1200
#   }) { schedule { revision } }
# }
#
# See every change of a schedule as it happens.
# subscription Changes {
#   scheduleChanges(name: "00000000-0000-0000-0000-000000000000") {
#     revision
#     results { script status attempt }
#   }
# }
`;

const loginHint = document.getElementById("login-hint");

const lacksLogin = (answer) =>
  answer.data?.viewer === null ||
  (answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false);

// Anybody may read the schema, so an answer about it says nothing about the visitor.
const asksForSchema = (options) => options.body.includes('"IntrospectionQuery"');

/** Does what `fetch` does; the hint to log in is shown or hidden as the answer has it. */
async function fetchWithHint(address, options) {
  const response = await fetch(address, { ...options, credentials: "same-origin" });
  // A body that isn't JSON is for GraphiQL to complain about.
  const answer = await response.clone().json().catch(() => ({}));
  if (!asksForSchema(options)) loginHint.hidden = !lacksLogin(answer);
  return response;
}

function webSocketAddress() {
  const address = new URL(API, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

const fetcher = GraphiQL.createFetcher({
  url: API,
  fetch: fetchWithHint,
  // What stands in the tab Headers is the socket's payload: a token there works for both.
  subscriptionUrl: webSocketAddress(),
});

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery: INTRODUCTION }),
);

// So that the hint is there before the first query is.
fetchWithHint(API, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ query: "{ viewer { name } }" }),
}).catch(() => {
  // GraphiQL has asked for the schema, and tells that the server doesn't answer.
});
