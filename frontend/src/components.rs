//! What pages are composed of. Components draw what they are given, and say what was done to them
//! through callbacks; they never talk to the network.

pub mod code_block;
pub mod connection_badge;
pub mod curl;
pub mod header;
pub mod icon;
pub mod labels;
pub mod notice;
pub mod progress;
pub mod status;
pub mod theme_switch;
pub mod time;
pub mod virtual_list;
