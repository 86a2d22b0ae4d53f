//! Loopback servers on threads of their own: the embedded DynamoDB engine works synchronously, and the SES stand-in
//! waits for the disk, so neither may hold up the system that calls it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::fault::Fault;
use crate::files::{not_emptied, own_alone};

/// A running loopback server; stops when dropped.
#[derive(Debug)]
pub struct Engine {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    /// The database behind it: compacted once nobody uses it any more.
    db: Option<Compacted>,
}

/// A database whose file is to hold no more than what is in it.
struct Compacted(dynoxide::Database);

impl fmt::Debug for Compacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compacted")
    }
}

impl Engine {
    /// The embedded DynamoDB, in a file or in memory. Streams stay off: with them its writes slow down with every record.
    ///
    /// # Errors
    /// When the file cannot be opened or no port is free.
    pub fn dynamodb(file: Option<&Path>) -> io::Result<Self> {
        if let Some(path) = file {
            not_emptied(path)?;
        }
        let db = match file {
            Some(path) => dynoxide::Database::new(&path.to_string_lossy()),
            None => dynoxide::Database::memory(),
        };
        let db = db.map_err(|error| {
            let said = error.to_string();
            // The engine's own advice is for those who build it.
            if said.contains("not a valid SQLite database") {
                let name = file.and_then(Path::file_name).unwrap_or_default().display();
                io::Error::from(Fault::NotADatabase(name.to_string()))
            } else {
                io::Error::other(said)
            }
        })?;
        // The engine makes its files as everybody may read them; those it makes later it makes like the first one.
        for path in file.into_iter().flat_map(files_of) {
            own_alone(&path)?;
        }
        let served = db.clone();
        let mut engine = Self::start("dynamodb", move |listener, stop| async move {
            let stop = async {
                let _ = stop.await;
            };
            let _ = dynoxide::server::serve_with_shutdown(listener, served, stop).await;
        })?;
        engine.db = file.is_some().then_some(Compacted(db));
        Ok(engine)
    }

    /// Any router.
    ///
    /// # Errors
    /// When no port is free.
    pub fn router(name: &'static str, router: axum::Router) -> io::Result<Self> {
        Self::start(name, move |listener, stop| async move {
            let stop = async {
                let _ = stop.await;
            };
            let _ = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        })
    }

    fn start<F, W>(name: &'static str, work: F) -> io::Result<Self>
    where
        F: FnOnce(TcpListener, oneshot::Receiver<()>) -> W + Send + 'static,
        W: Future<Output = ()>,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = TcpListener::from_std(listener) {
                    work(listener, stopped).await;
                }
            });
        })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
            db: None,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// The files of a database: its own, and the log of its writes.
fn files_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    let beside = ["", "-wal", "-shm", "-journal"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    beside.into_iter().filter(|path| path.exists())
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // The thread ends once its idle connections are closed; waiting makes sure that the file is closed too.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // What was deleted is still in the file's free pages until then: nothing of an erased person may be (R67).
        if let Some(Compacted(db)) = self.db.take() {
            let _ = db.vacuum();
        }
    }
}
