//! A TCP proxy that breaks connections: whenever it is told to, every few milliseconds, for a while altogether, or at the
//! worst moment of all, when a COMMIT is under way to MariaDB.

use std::future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// A proxy in front of one server. Its connections end when it is dropped.
pub struct CuttingProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// On which side of a COMMIT the connection breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loss {
    /// The COMMIT never reaches the database: nothing was written.
    Request,
    /// The database commits, but its answer is lost: all was written, and the writer can't know.
    Answer,
    /// The COMMIT never reaches the database, whose end of the connection stays open: the writer was frozen.
    Silence,
}

/// The connection whose transaction carries `marker` breaks at its COMMIT, once.
struct Fault {
    marker: Vec<u8>,
    loss: Loss,
}

struct Shared {
    upstream: SocketAddr,
    cut: watch::Sender<()>,
    fault: Mutex<Option<Fault>>,
    cuts: AtomicUsize,
    is_severed: AtomicBool,
}

impl CuttingProxy {
    /// A proxy in front of the server at `upstream`.
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            upstream,
            cut: watch::Sender::new(()),
            fault: Mutex::new(None),
            cuts: AtomicUsize::new(0),
            is_severed: AtomicBool::new(false),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections it has broken.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Breaks all connections that are open now. New ones pass.
    pub fn cut_all(&self) {
        self.shared.cut.send_replace(());
    }

    /// Breaks all connections every `period`, until what is returned is dropped.
    pub fn cut_every(&self, period: Duration) -> Cutting {
        let shared = Arc::clone(&self.shared);
        let cutting = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(period);
            ticks.tick().await; // the first one comes at once
            loop {
                ticks.tick().await;
                shared.cut.send_replace(());
            }
        });
        Cutting(cutting.abort_handle())
    }

    /// Breaks all connections, and each new one as soon as it is opened, until [`Self::mend`].
    pub fn sever(&self) {
        self.shared.is_severed.store(true, Ordering::SeqCst);
        self.cut_all();
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.shared.is_severed.store(false, Ordering::SeqCst);
    }

    /// Breaks, once, the connection whose transaction carries `marker` among what the client sends, at its COMMIT.
    pub fn cut_at_commit_of(&self, marker: &str, loss: Loss) {
        *self.shared.fault() = Some(Fault {
            marker: marker.into(),
            loss,
        });
    }

    /// Whether the fault that was asked for is still to come.
    pub fn is_armed(&self) -> bool {
        self.shared.fault().is_some()
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut_all();
    }
}

/// Keeps a proxy cutting while it lives.
pub struct Cutting(AbortHandle);

impl Drop for Cutting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    fn fault(&self) -> std::sync::MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the fault, if `transaction`, all that the client sent since its last COMMIT, is the one it is meant for.
    fn fault_of(&self, transaction: &[u8]) -> Option<Loss> {
        let mut fault = self.fault();
        let meant = fault
            .as_ref()
            .is_some_and(|fault| contains(transaction, &fault.marker));
        fault.take_if(|_| meant).map(|fault| fault.loss)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(serve(client, Arc::clone(&shared)));
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let mut cut = shared.cut.subscribe();
    // Looked at after subscribing: a connection is either seen here or cut.
    if shared.is_severed.load(Ordering::SeqCst) {
        return;
    }
    let Ok(server) = TcpStream::connect(shared.upstream).await else {
        return;
    };
    let mut relay = Relay {
        client,
        server,
        transaction: Vec::new(),
    };
    tokio::select! {
        _ = cut.changed() => {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
        }
        // An end or an error of either side ends both: dropping the relay closes them.
        _ = relay.run(&shared) => {}
    }
}

/// One connection, in both directions.
struct Relay {
    client: TcpStream,
    server: TcpStream,
    /// What the client sent since its last COMMIT.
    transaction: Vec<u8>,
}

impl Relay {
    async fn run(&mut self, shared: &Shared) -> io::Result<()> {
        self.client.set_nodelay(true)?;
        self.server.set_nodelay(true)?;
        let (mut up, mut down) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        loop {
            tokio::select! {
                read = self.client.read(&mut up) => match read? {
                    0 => return Ok(()),
                    length => self.forward(&up[..length], shared).await?,
                },
                read = self.server.read(&mut down) => match read? {
                    0 => return Ok(()),
                    length => self.client.write_all(&down[..length]).await?,
                },
            }
        }
    }

    async fn forward(&mut self, bytes: &[u8], shared: &Shared) -> io::Result<()> {
        if let Some(loss) = self.loss_at(bytes, shared) {
            shared.cuts.fetch_add(1, Ordering::SeqCst);
            return self.lose(bytes, loss).await;
        }
        self.server.write_all(bytes).await
    }

    /// Follows the client's transactions; tells how the connection has to break now, if it has to.
    fn loss_at(&mut self, bytes: &[u8], shared: &Shared) -> Option<Loss> {
        // Only a proxy that waits for a COMMIT looks into what passes.
        if shared.fault().is_none() {
            self.transaction.clear();
            return None;
        }
        self.transaction.extend_from_slice(bytes);
        if !contains(bytes, b"COMMIT") {
            return None;
        }
        let loss = shared.fault_of(&self.transaction);
        self.transaction.clear();
        loss
    }

    /// Ends the connection, with the COMMIT done or not.
    async fn lose(&mut self, commit: &[u8], loss: Loss) -> io::Result<()> {
        match loss {
            Loss::Request => {}
            Loss::Answer => {
                self.server.write_all(commit).await?;
                self.server.read_u8().await?; // the answer begins: the transaction is committed
            }
            Loss::Silence => future::pending().await,
        }
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
