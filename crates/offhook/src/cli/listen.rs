//! `offhook listen`: both sides of a call that lives, as a WAV file that grows while they talk.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use audio::tape::{HEADER_BYTES, header, lasts};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::args::ListenArgs;
use super::gateway::Gateway;
use super::{CommandError, Exit, Terminal};

/// Writes what is heard until the talk is over, or until nobody wants more.
pub(super) async fn run(
    gateway: &Gateway,
    args: &ListenArgs,
    terminal: Terminal,
) -> Result<Exit, CommandError> {
    if args.output.is_none() && terminal.is_read_by_person {
        let way_out = "sound is no text; give it to a player, as in 'offhook listen ID | aplay', or to a file with --output";
        return Err(CommandError::Usage(way_out.to_owned()));
    }
    let mut sound = gateway.listen(&gateway.whole_id(&args.id).await?).await?;
    match &args.output {
        None => {
            while let Some(piece) = next(&mut sound).await {
                let mut out = io::stdout().lock();
                match out.write_all(&piece).and_then(|()| out.flush()) {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                    written => written?,
                }
            }
        }
        Some(path) => {
            let n_bytes = kept(&mut sound, path).await.map_err(|error| {
                CommandError::Usage(format!("cannot write {}: {error}; name another file", path.display()))
            })?;
            terminal.remark(&format!("{} s in {}", lasts(n_bytes).as_secs(), path.display()));
        }
    }
    Ok(Exit::Done)
}

/// Writes it to a file, which nobody else is to hear, and says in it how long it became.
async fn kept(sound: &mut Incoming, path: &Path) -> io::Result<u64> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut n_bytes = 0;
    while let Some(piece) = next(sound).await {
        file.write_all(&piece)?;
        n_bytes += piece.len() as u64;
    }
    let n_bytes = n_bytes.saturating_sub(HEADER_BYTES as u64);
    file.write_all_at(&header(n_bytes), 0)?;
    Ok(n_bytes)
}

/// The next piece; none when the talk is over, the gateway goes away, or one has heard enough.
async fn next(sound: &mut Incoming) -> Option<Bytes> {
    loop {
        let frame = tokio::select! {
            frame = sound.frame() => frame?.ok()?,
            _ = tokio::signal::ctrl_c() => return None,
        };
        if let Ok(piece) = frame.into_data() {
            return Some(piece);
        }
    }
}
