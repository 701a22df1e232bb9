//! The end-to-end stories, one theme a file. They are one binary, so that the server is linked once; nextest runs each
//! story in a process of its own.

mod stories {
    mod attempts;
    mod backup_runs;
    mod backups;
    mod bad_input;
    mod browser;
    mod closing;
    mod command_line;
    mod commands;
    mod comparison;
    mod crash;
    mod demo;
    mod deployment;
    mod event_bus;
    mod feed;
    mod galera;
    mod graphql_over_http;
    mod groups;
    mod history;
    mod junit;
    mod keys;
    mod latest;
    mod lease;
    mod log;
    mod login;
    mod long_log;
    mod lost_commit;
    mod names;
    mod outages;
    mod pages;
    mod paging;
    mod plans;
    mod promise;
    mod reading_the_log;
    mod readme;
    mod rest;
    mod retention;
    mod roles;
    mod schedule_actions;
    mod scheduler;
    mod schedulers;
    mod schedules;
    mod scripts;
    mod shutdown;
    mod stalled;
    mod statistics;
    mod storm;
    mod task_storm;
    mod tasks;
    mod two_servers;
    mod walkthrough;
    mod websocket;
    mod written;
}
