//! What the overview tells of tasks and backups: what falls due next, and how the last backup went.

use cynic::QueryBuilder;

use super::{
    Api,
    error::Error,
    log::{LogEntry, LogFilter},
    page::PageInfo,
    scalars::DateTime,
    schema,
};

/// How many tasks one page of the list holds.
const PAGE_SIZE: i32 = 100;

/// Something that falls due.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The task's name.
    pub task: String,
    /// When.
    pub time: DateTime,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Task")]
struct NextOfTask {
    name: String,
    next_time: Option<DateTime>,
}

#[derive(cynic::QueryVariables)]
struct EnabledTasksVariables {
    first: i32,
    after: Option<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "EnabledTasksVariables")]
struct EnabledTasksQuery {
    #[arguments(first: $first, after: $after, enabled: true)]
    tasks: EnabledTasks,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "TaskConnection")]
struct EnabledTasks {
    nodes: Vec<NextOfTask>,
    page_info: PageInfo,
}

impl Api {
    /// What falls due next, the soonest first, at most so many.
    pub async fn next_firings(self, most: usize) -> Result<Vec<Firing>, Error> {
        let (mut firings, mut after) = (Vec::new(), None);
        loop {
            let first = PAGE_SIZE;
            let operation = EnabledTasksQuery::build(EnabledTasksVariables { first, after });
            let page = self.query(operation).await?.tasks;
            let due = page.nodes.into_iter().filter_map(|task| {
                let time = task.next_time?;
                Some(Firing {
                    task: task.name,
                    time,
                })
            });
            firings.extend(due);
            firings.sort_by(|one, other| one.time.cmp(&other.time));
            firings.truncate(most);
            after = page.page_info.next();
            if after.is_none() {
                return Ok(firings);
            }
        }
    }

    /// What the log says of the last backup, if there was one.
    pub async fn last_backup_tried(self) -> Result<Option<LogEntry>, Error> {
        let filter = LogFilter {
            action: Some(vec!["BACKUP".to_owned()]),
            ..LogFilter::default()
        };
        let page = self.newest_entries(filter, 1).await?;
        Ok(page.items.into_iter().next())
    }
}
