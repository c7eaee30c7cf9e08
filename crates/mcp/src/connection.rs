//! One connection with a server, in the words of the protocol's library.

use crate::http::Http;
use crate::program::Program;
use crate::{Address, Answer, Listing, MESSAGE_MAX, content};
use carrier::SendError;
use carrier::send::{Sender, chain};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, ClientResult, ErrorCode,
    ErrorData, Implementation, PaginatedRequestParams, ServerNotification, ServerRequest,
};
use rmcp::service::{
    ClientInitializeError, NotificationContext, Peer, RequestContext, RoleClient, RunningService, Service,
    ServiceError, ServiceExt as _,
};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError};
use rmcp::transport::{DynamicTransportError, StreamableHttpClientTransport};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::Notify;

/// A connection that stands.
pub(crate) struct Connection {
    running: RunningService<RoleClient, Listener>,
    changed: Arc<Notify>,
    /// The program that is the server, if it is one.
    program: Option<Program>,
}

/// Who asks over a connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Asker(Peer<RoleClient>);

/// Why a tool said nothing.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// It was not used for certain: the request didn't leave, or the server doesn't know us any more.
    NotUsed(String),
    /// The connection failed; the tool may have been used.
    Broken(String),
    /// The server says that it can't be used so.
    Refused(String),
}

/// Who hears what a server tells by itself.
struct Listener {
    changed: Arc<Notify>,
}

impl Service<RoleClient> for Listener {
    async fn handle_request(
        &self,
        request: ServerRequest,
        _: RequestContext<RoleClient>,
    ) -> Result<ClientResult, ErrorData> {
        match request {
            ServerRequest::PingRequest(_) => Ok(ClientResult::empty(())),
            _ => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "nobody here answers that", None)),
        }
    }

    async fn handle_notification(
        &self,
        notification: ServerNotification,
        _: NotificationContext<RoleClient>,
    ) -> Result<(), ErrorData> {
        if let ServerNotification::ToolListChangedNotification(_) = notification {
            self.changed.notify_one();
        }
        Ok(())
    }

    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("offhook", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), us)
    }
}

impl Connection {
    /// Connects; if that fails, why.
    pub(crate) async fn open(address: &Address, sender: &Sender) -> Result<Connection, String> {
        let changed = Arc::new(Notify::new());
        let listener = Listener { changed: Arc::clone(&changed) };
        let (begun, program) = match address {
            Address::Url { url, token } => {
                let mut settings = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                    // It would repeat a request by itself.
                    .reinit_on_expired_session(false);
                settings.auth_header = token.as_ref().map(|token| token.expose().to_owned());
                let transport = StreamableHttpClientTransport::with_client(Http::new(sender), settings);
                (listener.serve(transport).await, None)
            }
            Address::Command(words) => {
                let (program, stdout, stdin) = Program::start(words)?;
                let transport = AsyncRwTransport::new(stdout, stdin).with_max_line_length(MESSAGE_MAX);
                (listener.serve(transport).await, Some(program))
            }
        };
        let running = begun.map_err(|error| not_begun(&error))?;
        Ok(Connection { running, changed, program })
    }

    /// Who asks over it.
    pub(crate) fn asker(&self) -> Asker {
        Asker(self.running.peer().clone())
    }

    /// Asks for the tools, and leaves in order.
    pub(crate) async fn leave_with_tools(self) -> Result<Listing, String> {
        let listing = self.asker().list().await;
        let _ = self.running.cancel().await;
        listing
    }

    /// What is notified when the tools are other ones, and what is over when the connection is. When that is
    /// dropped, the connection is closed.
    pub(crate) fn parts(self) -> (Arc<Notify>, impl Future<Output = ()> + Send) {
        let Connection { running, changed, program } = self;
        let over = async move {
            let _program = program;
            let _ = running.waiting().await;
        };
        (changed, over)
    }
}

impl Asker {
    /// Asks for the tools; if they can't be had, why.
    pub(crate) async fn list(&self) -> Result<Listing, String> {
        let mut listing = Listing::default();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let which = PaginatedRequestParams::default().with_cursor(cursor);
            let page = self.0.list_tools(Some(which)).await.map_err(|error| of_service(&error))?;
            cursor = page.next_cursor;
            if !content::take(&mut listing, page.tools) || cursor.is_none() {
                break;
            }
        }
        Ok(listing)
    }

    /// Uses a tool, once.
    pub(crate) async fn call(&self, tool: &str, arguments: Map<String, Value>) -> Result<Answer, NoAnswer> {
        let asked = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        match self.0.call_tool_once(asked).await {
            Ok(CallToolResponse::Complete(result)) => Ok(content::answer(result)),
            Ok(CallToolResponse::InputRequired(_)) => {
                Err(NoAnswer::Refused("it asks something back, which nobody can answer here".to_owned()))
            }
            Ok(_) => Err(NoAnswer::Refused("it answers later, which can't be waited for here".to_owned())),
            Err(ServiceError::McpError(error)) => Err(NoAnswer::Refused(error.message.into_owned())),
            Err(error) if is_unsent(&error) => Err(NoAnswer::NotUsed(of_service(&error))),
            Err(error) => Err(NoAnswer::Broken(of_service(&error))),
        }
    }
}

/// Whether a request was not heard for certain.
fn is_unsent(error: &ServiceError) -> bool {
    let ServiceError::TransportSend(error) = error else { return false };
    let error = error.error.downcast_ref::<StreamableHttpError<SendError>>();
    matches!(
        error,
        Some(StreamableHttpError::Client(SendError::NotSent(_)) | StreamableHttpError::SessionExpired)
    )
}

fn not_begun(error: &ClientInitializeError) -> String {
    match error {
        // Whether it is noticed by what is read or by what is written is chance.
        ClientInitializeError::TransportError { error, .. } if error.error.is::<std::io::Error>() => {
            ENDED.to_owned()
        }
        ClientInitializeError::ConnectionClosed(_) => ENDED.to_owned(),
        ClientInitializeError::TransportError { error, .. } => of_transport(error),
        ClientInitializeError::JsonRpcError(error) => error.message.clone().into_owned(),
        other => chain(other),
    }
}

fn of_service(error: &ServiceError) -> String {
    match error {
        ServiceError::McpError(error) => error.message.clone().into_owned(),
        ServiceError::TransportSend(error) => of_transport(error),
        other => chain(other),
    }
}

/// What is wrong with a transport, without the words of the library around it.
fn of_transport(error: &DynamicTransportError) -> String {
    match error.error.downcast_ref::<StreamableHttpError<SendError>>() {
        Some(StreamableHttpError::Client(error)) => error.to_string(),
        Some(StreamableHttpError::UnexpectedServerResponse(why)) => why.to_string(),
        _ => chain(&*error.error),
    }
}

const ENDED: &str = "it ended at once";
/// So many pages of a listing are read.
const PAGES_MAX: usize = 16;
