//! Whoever calls hears themselves: the way to and from a telephone, and what it does to the sound,
//! judged by ear and by no program.

use super::bridge::Over;
use super::line::{Line, OnLine};
use crate::calls::Calls;
use crate::tap::Tap;
use carrier::media::Began;
use futures::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep_until;
use tokio_tungstenite::WebSocketStream;

/// Gives back what is heard until the line is over, or this process is to stop.
pub(super) async fn echo<S>(calls: &Calls, (mut socket, began, tap): (WebSocketStream<S>, Began, Tap)) -> Over
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut line = Line::new(began, tap);
    let mut finishing = calls.finishing();
    let over = loop {
        if let Some(over) = line.pay(&mut socket).await {
            break over;
        }
        let heard = tokio::select! {
            message = socket.next() => line.hear(message),
            Ok(_) = finishing.wait_for(|finishing| *finishing) => break Over::PassedOn,
            () = sleep_until(line.silent_at()) => Err(Over::Broke("carrier_silent")),
        };
        match heard {
            Ok(heard) => heard.into_iter().for_each(|one| match one {
                OnLine::Sound(frame) => line.play(frame),
                // A key's own sound is heard as any other.
                OnLine::Key(_) | OnLine::Played(_) => {}
            }),
            Err(over) => break over,
        }
    };
    let _ = tokio::time::timeout(super::bridge::PATIENCE.slow, socket.close(None)).await;
    over
}
