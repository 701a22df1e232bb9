//! A plan: what a policy makes of a window of time, and what it left out on the way.

mod asked;
mod config;
mod form;
mod open;
mod outcome;
mod scale;
mod timeline;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use self::{
    asked::Asked,
    form::{Draft, Form},
    outcome::Outcome,
};
use crate::{
    address,
    api::{
        Api,
        plans::{Plan, PlanInput, Policy},
    },
    browser,
    components::notice::{Failure, Loading},
    erased::{computed, dynamic, effect, memo},
    fetched::Fetched,
    filter::tied,
};

/// The page.
#[component]
pub fn PlanPage() -> impl IntoView {
    browser::set_title("Plan");
    let api = Api::expect();
    let policies = Fetched::start(move || api.policies());
    view! {
        <div class="page__head">
            <h1>"Plan"</h1>
        </div>
        <p class="muted">
            "What is to be done over a window of time, as a policy decides. Nothing of it is kept until it is opened as a schedule."
        </p>
        {dynamic(move || match policies.get() {
            None => view! { <Loading what="the policies"/> }.into_any(),
            Some(Ok(policies)) => view! { <Planner policies/> }.into_any(),
            Some(Err(error)) => view! {
                <Failure
                    title="The policies could not be loaded"
                    reason=error.to_string()
                    on_retry=Callback::new(move |()| policies.retry())
                />
            }
            .into_any(),
        })}
    }
}

/// What is asked for, and what came of it.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    input: PlanInput,
    plan: Plan,
}

/// The form, and the plan that it asks for.
#[component]
fn Planner(
    /// The policies that there are.
    policies: Vec<Policy>,
) -> impl IntoView {
    let api = Api::expect();
    let [from, to, policy, config] = ["from", "to", "policy", "config"].map(|key| tied(key).0);
    let next_hour = asked::next_hour();
    let asked = memo(move || {
        Asked::or_default(from.get(), to.get(), policy.get(), config.get(), &next_hour)
    });
    let is_whole = move || {
        [from, to, policy]
            .iter()
            .all(|part| part.with_untracked(Option::is_some))
    };
    let draft = Draft::of(&asked.get_untracked());
    effect(move || draft.follow(&asked.get()));
    let planning = RwSignal::new(false);
    let answer = Fetched::start(move || {
        let input = asked.get().input();
        planning.set(true);
        async move {
            // What can't be asked is said in place of an answer.
            let answer = match input {
                Ok(input) => api
                    .plan(input.clone())
                    .await
                    .map(|plan| Some(Answer { input, plan })),
                Err(_) => Ok(None),
            };
            planning.set(false);
            answer
        }
    });
    let error = Signal::derive(move || answer.get()?.err());
    let navigate = use_navigate();
    let submit = Callback::new(move |()| {
        let next = draft.asked();
        if next == asked.get_untracked() && is_whole() {
            answer.retry();
        } else {
            navigate(
                &address::plan(&next.from, &next.to, &next.policy, &next.config),
                NavigateOptions {
                    scroll: false,
                    ..NavigateOptions::default()
                },
            );
        }
    });
    let outcome = move || match answer.get() {
        None => view! { <Loading what="the plan"/> }.into_any(),
        Some(Ok(Some(Answer { input, plan }))) => view! { <Outcome plan input/> }.into_any(),
        Some(Ok(None)) => {
            let reason = asked.get().input().err();
            view! { <p class="problem" role="alert" data-testid="plan-problem">{reason}</p> }
                .into_any()
        }
        Some(Err(error)) => view! {
            <Failure
                title="This could not be planned"
                reason=error.to_string()
                on_retry=Callback::new(move |()| answer.retry())
            />
        }
        .into_any(),
    };
    let again = move || planning.get() && answer.get().is_some();
    view! {
        <Form draft policies error on_submit=submit/>
        {dynamic(move || again().then(|| view! { <Loading what="the plan"/> }))}
        <div
            class="plan-outcome"
            class:plan-outcome--old=computed(again)
            aria-busy=computed(move || planning.get().to_string())
        >
            {dynamic(outcome)}
        </div>
    }
}
