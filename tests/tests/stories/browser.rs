//! The dashboard and GraphiQL in a real Chromium. Pictures of what they show are left in `target/screenshots`.

mod actions;
mod backups;
mod clients;
mod compare;
mod docs;
mod graphiql;
mod keyboard;
mod lazy;
mod live;
mod load;
mod login;
mod logs;
mod looks;
mod outages;
mod overview;
mod plan;
mod runs;
mod schedules;
mod scripts;
mod tasks;
