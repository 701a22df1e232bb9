//! What is in `deploy/`: held against the rules of those who will read it, and HAProxy's settings by using them.
//!
//! What is not done here is in `deploy/README.md`: no container is built or started, and there is no cluster.

mod chart;
mod compose;
mod image;
mod monitoring;
mod proxy;
mod systemd;
