//! The README's walk-through, run as it is written, by a shell with curl: what a newcomer copies must work.

use std::path::Path;

use daybook_tests::{ADMIN_TOKEN, Database, PATIENCE, ServerProcess, within};
use tempfile::TempDir;
use tokio::process::Command;

const README: &str = include_str!("../../../README.md");

/// Where a reader puts in what an earlier answer showed, and where a shell finds it in the answers so far.
const FROM_THE_ANSWER: [(&str, &str); 2] = [
    (
        "export TOKEN=dbk_…",
        r#"export TOKEN=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' answers)"#,
    ),
    (
        "export SCHEDULE=…",
        r#"export SCHEDULE=$(sed -n 's/.*"schedule":{"name":"\([^"]*\)".*/\1/p' answers)"#,
    ),
];

/// From a client to a schedule that refuses the next report.
#[tokio::test(flavor = "multi_thread")]
async fn a_night_in_five_commands() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let folder = TempDir::new().expect("a temporary folder");
    let commands = commands_of("## A night in five commands").into_iter();
    let graphql: String = commands.filter(|block| !block.contains("/junit")).collect();
    let script = FROM_THE_ANSWER
        .iter()
        .fold(graphql, |script, (place, found)| {
            script.replace(place, found)
        });

    let answers = run(folder.path(), &script, &server).await;

    // curl ends no answer with a line break.
    let answers = answers.replace("}{", "}\n{");
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), 6, "{answers:#?}");
    assert!(answers[2].contains(r#""percent":50.0"#), "{answers:#?}");
    assert!(
        answers[3].contains(r#""code":"INCOMPLETE","expected":2,"reported":1"#),
        "{answers:#?}"
    );
    assert!(answers[4].contains(r#""status":"CLOSED""#), "{answers:#?}");
    assert!(
        answers[5].contains(r#""code":"SCHEDULE_CLOSED""#),
        "{answers:#?}"
    );
}

/// One plain curl for what writes JUnit XML; the same file twice adds nothing.
#[tokio::test(flavor = "multi_thread")]
async fn one_plain_curl_for_junit() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let reporter = server.reporter("nightly").await;
    let schedule = reporter.open_schedule("nightly").await;
    let folder = TempDir::new().expect("a temporary folder");
    let xml = include_str!("../../fixtures/junit/pytest.xml");
    std::fs::write(folder.path().join("junit.xml"), xml).expect("a folder of our own");
    let curl: String = commands_of("## A night in five commands")
        .into_iter()
        .filter(|block| block.contains("/junit"))
        .collect();
    let known = format!(
        "DAYBOOK=http://{}\nTOKEN={}\nSCHEDULE={schedule}\n",
        server.address(),
        reporter.token()
    );

    let answers = run(
        folder.path(),
        &format!("{known}{curl}echo\n{curl}"),
        &server,
    )
    .await;

    assert_eq!(
        answers,
        "{\"accepted\":6,\"duplicates\":0}\n{\"accepted\":0,\"duplicates\":6}"
    );
}

/// A plan, and a schedule that follows one.
#[tokio::test(flavor = "multi_thread")]
async fn plans() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let folder = TempDir::new().expect("a temporary folder");
    let tools = commands_of("## A night in five commands").into_iter();
    let tools: String = tools.take(1).collect();
    let (graphql, _) = tools
        .split_once("graphql \"$ADMIN\"")
        .expect("its first use");
    let plans = commands_of("## Plans").concat();

    let script = format!("{graphql}\nTOKEN=$ADMIN\n{plans}");
    let answers = run(folder.path(), &script, &server).await;

    assert!(
        answers.contains(r#""commands":"import time\n# "#),
        "{answers}"
    );
    assert!(answers.contains(r#""missing":["#), "{answers}");
}

/// What clients of the four systems send.
#[tokio::test(flavor = "multi_thread")]
async fn the_rest_facade() {
    let database = Database::sqlite();
    let server = ServerProcess::start(&database).await;
    let folder = TempDir::new().expect("a temporary folder");
    let curls = commands_of("## The REST facade").concat();
    // The server's own folder is what it may back up.
    let curls = curls
        .replace("=/srv/www", "=.")
        .replace("\ncurl", "\necho\ncurl");
    let known = format!(
        "DAYBOOK=http://{}\nTOKEN={ADMIN_TOKEN}\nADMIN={ADMIN_TOKEN}\n",
        server.address()
    );

    let answers = run(folder.path(), &format!("{known}{curls}"), &server).await;

    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), 7, "{answers:#?}");
    assert_eq!(
        (answers[0].len(), answers[1], answers[2]),
        (36, "success", "")
    );
    for (answer, part) in answers[3..].iter().zip([
        r#"{"status":"ok","commands":"import time\n# "#,
        r#"{"message":"Backup Completed","file":""#,
        r#"","action":"BACKUP","parameter":"Folder=.","status":"SUCCESS"}]"#,
        r#""scheduled_time":"2099-01-31T10:00:00","recurrence":"monthly","id":"#,
    ]) {
        assert!(answer.contains(part), "{answers:#?}");
    }
}

/// The shell blocks of one chapter.
fn commands_of(chapter: &str) -> Vec<String> {
    let (_, rest) = README
        .split_once(chapter)
        .expect("the README has this chapter");
    let chapter = rest
        .split_once("\n## ")
        .map_or(rest, |(chapter, _)| chapter);
    let blocks = chapter.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split_once("```").expect("a block ends").0.to_owned())
        .collect()
}

/// Runs a script against a server; returns all that it printed.
async fn run(folder: &Path, script: &str, server: &ServerProcess) -> String {
    let script = script
        .replace(
            "http://127.0.0.1:8080",
            &format!("http://{}", server.address()),
        )
        .replace("dbk_…", ADMIN_TOKEN);
    let answers = folder.join("answers");
    let output = std::fs::File::create(&answers).expect("a folder of our own");
    let bash = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(folder)
        .stdout(output)
        .kill_on_drop(true)
        .status();
    let status = within("the commands end", PATIENCE, bash)
        .await
        .expect("there is a bash");
    let answers = std::fs::read_to_string(answers).expect("it was written");
    assert!(status.success(), "{status}: {answers}");
    answers
}
