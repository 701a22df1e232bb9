//! What pages are composed of. Components draw what they are given, and say what was done to them
//! through callbacks; they never talk to the network.

pub mod code_block;
pub mod connection_badge;
pub mod curl;
pub mod dialog;
pub mod facts;
pub mod filter_field;
pub mod header;
pub mod icon;
pub mod json_field;
pub mod key_help;
pub mod labels;
pub mod list_end;
pub mod no_schedules;
pub mod notice;
pub mod outage_notice;
pub mod pass_rate;
pub mod progress;
pub mod read_on;
pub mod rows;
pub mod schedule_row;
pub mod share;
pub mod sparkline;
pub mod status;
pub mod text_field;
pub mod theme_switch;
pub mod time;
pub mod virtual_list;
