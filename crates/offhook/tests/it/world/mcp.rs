//! A server of tools that speaks MCP by streamable HTTP, written from the specification, and a script that
//! speaks it over its standard input and output.

use super::tool::{read, read_bytes};
use super::{SOON, wait_for};
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A server with the tools `find`, `fail` and `sleep`: one answers, one says that it failed, one says nothing.
pub(crate) struct Mcp {
    /// Where it is.
    pub(crate) url: String,
    at: SocketAddr,
    asked: Receiver<(String, Value)>,
    seen: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
}

impl Mcp {
    /// Starts it.
    pub(crate) fn start() -> Mcp {
        Mcp::start_at("127.0.0.1:0".parse().expect("it is an address"))
    }

    /// Starts it there.
    pub(crate) fn start_at(at: SocketAddr) -> Mcp {
        let listener = wait_for("the port is free", SOON, || TcpListener::bind(at).ok());
        let at = listener.local_addr().expect("it has an address");
        let (tell, asked) = channel();
        let (seen, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let session = format!("session-{}", SESSIONS.fetch_add(1, Ordering::Relaxed));
        let (saw, over) = (Arc::clone(&seen), Arc::clone(&is_over));
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let socket = socket.expect("the gateway connects");
                let (tell, saw, session) = (tell.clone(), Arc::clone(&saw), session.clone());
                std::thread::spawn(move || serve(socket, &session, &tell, &saw));
            }
        });
        Mcp { url: format!("http://{at}/mcp"), at, asked, seen, is_over }
    }

    /// The head and the body of the next use of a tool.
    pub(crate) fn is_used(&self) -> (String, Value) {
        self.asked.recv_timeout(SOON).expect("a tool is used")
    }

    /// How often a tool was used since.
    pub(crate) fn n_used(&self) -> usize {
        self.asked.try_iter().count()
    }

    /// Waits until it was asked for its tools so often.
    pub(crate) fn is_listed(&self, n_times: usize) {
        wait_for("the tools are listed", SOON, || {
            let seen = self.seen.lock().expect("nobody panicked");
            (seen.iter().filter(|method| *method == "tools/list").count() >= n_times).then_some(())
        });
    }

    /// Ends it, and starts another at its address, which knows nothing of its sessions.
    pub(crate) fn restart(self) -> Mcp {
        let at = self.end();
        Mcp::start_at(at)
    }

    fn end(self) -> SocketAddr {
        self.is_over.store(true, Ordering::Relaxed);
        // Who waits for a connection notices.
        drop(TcpStream::connect(self.at));
        self.at
    }
}

fn serve(mut socket: TcpStream, session: &str, tell: &Sender<(String, Value)>, saw: &Mutex<Vec<String>>) {
    let Some((head, body)) = read(&socket) else {
        // It tells nothing by itself, and forgets no session.
        return drop(write!(socket, "HTTP/1.1 405 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    };
    let method = body["method"].as_str().unwrap_or_default().to_owned();
    saw.lock().expect("nobody panicked").push(method.clone());
    let theirs = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    let result = match method.as_str() {
        "initialize" => json!({
            "protocolVersion": body["params"]["protocolVersion"],
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "hotel", "version": "1" },
        }),
        _ if theirs != Some(session) => return respond(&mut socket, "404 Not Found", "", &Value::Null),
        "tools/list" => json!({ "tools": [tool("find"), tool("fail"), tool("sleep")] }),
        "tools/call" => {
            let called = body["params"]["name"].clone();
            // The test may be over.
            let _ = tell.send((head, body["params"].clone()));
            match called.as_str() {
                Some("sleep") => {
                    read_bytes(&socket);
                    return;
                }
                Some("fail") => json!({ "content": [text("no such guest")], "isError": true }),
                _ => json!({ "content": [text("Room"), text("12")] }),
            }
        }
        _ => return respond(&mut socket, "202 Accepted", "", &Value::Null),
    };
    let message = json!({ "jsonrpc": "2.0", "id": body["id"], "result": result });
    respond(&mut socket, "200 OK", session, &message);
}

fn respond(socket: &mut TcpStream, status: &str, session: &str, message: &Value) {
    let body = if message.is_null() { String::new() } else { message.to_string() };
    let length = body.len();
    let session = if session.is_empty() { String::new() } else { format!("Mcp-Session-Id: {session}\r\n") };
    let _ = write!(
        socket,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{session}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

fn tool(name: &str) -> Value {
    let schema =
        json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    json!({ "name": name, "description": format!("It does {name}."), "inputSchema": schema })
}

fn text(text: &str) -> Value {
    json!({ "type": "text", "text": text })
}

/// Each server has sessions of its own.
static SESSIONS: AtomicU32 = AtomicU32::new(0);

/// A server as a script: it has the tool `whereis`, notes its process in the file `hotel.pid` and each use in
/// `hotel.uses`, and complains once.
pub(crate) const SCRIPT: &str = r#"
echo $$ > hotel.pid
echo 'hotel is awake' >&2
while read -r line; do
  id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case $line in
    *'"method":"initialize"'*)
      result='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"hotel","version":"1"}}' ;;
    *'"method":"tools/list"'*)
      result='{"tools":[{"name":"whereis","description":"Finds.","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*)
      printf '%s\n' "$line" >> hotel.uses
      result='{"content":[{"type":"text","text":"Room 12"}]}' ;;
    *) continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$result"
done
"#;
