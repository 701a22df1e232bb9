//! Connections: each is served in a task of its own, and none is held for a client that does not send its request.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo, serve::Listener};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Layer;

/// How long a client may take to send the head of a request, from the moment that the last one was answered. So long a
/// connection is idle at most.
const HEAD: Duration = Duration::from_secs(30);

/// Serves all who connect, until `stopping` is done, and then until each has its answer.
pub(crate) async fn serve(
    mut listener: TcpListener,
    router: Router,
    stopping: impl Future<Output = ()>,
) {
    let mut stopping = pin!(stopping);
    let (connections, last_answers) = (TaskTracker::new(), CancellationToken::new());
    loop {
        tokio::select! {
            (stream, client) = Listener::accept(&mut listener) => {
                connections.spawn(converse(stream, client, router.clone(), last_answers.clone()));
            }
            () = &mut stopping => break,
        }
    }
    // Whoever comes now is refused, and goes to another server.
    drop(listener);
    last_answers.cancel();
    connections.close();
    connections.wait().await;
}

/// Answers the requests of a connection, one after another, and only the present one from `last_answer` on.
async fn converse(
    stream: TcpStream,
    client: SocketAddr,
    router: Router,
    last_answer: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small packets may wait");
    }
    let service = Extension(ConnectInfo(client)).layer(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = last_answer.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %client, "a connection was broken off");
    }
}
