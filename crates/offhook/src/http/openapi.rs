//! `/openapi.json`: the API as OpenAPI 3.1 has it. Its paths and scopes are those of the rows that the
//! gateway itself goes by, its shapes are those of the types that are read and written.

mod pages;

use super::rows::{ROWS, Row};
use super::{health, problem};
use axum::http::header;
use axum::response::IntoResponse;
use call::access::Scope;
use pages::{Gives, PAGES, Page, Takes};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// The name of a call.
pub(super) const CALL_ID: &str = "^c_[0-9a-hjkmnp-tv-z]{26}$";
/// Some of them, with commas between.
pub(super) const CALL_IDS: &str = "^c_[0-9a-hjkmnp-tv-z]{26}(,c_[0-9a-hjkmnp-tv-z]{26}){0,99}$";
/// A number in E.164, as far as a pattern can tell: whether it is one, its numbering plan says.
pub(super) const NUMBER: &str = r"^\+[1-9][0-9]{6,14}$";
/// A text in which there is something.
pub(super) const NOT_BLANK: &str = r"\S";

/// `GET /openapi.json`, for whoever asks.
pub(super) async fn get() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The whole of it.
fn document() -> Value {
    let mut shapes = Shapes::new();
    let mut paths: Map<String, Value> = Map::new();
    for row in ROWS {
        // Every row has its page: a test says so.
        let Some(page) = PAGES.iter().find(|page| page.verb == row.verb) else { continue };
        let operation = operation(row, page, &mut shapes);
        let path = paths.entry(address(row)).or_insert_with(|| json!({}));
        path[row.method.to_ascii_lowercase()] = operation;
    }
    paths.insert("/healthz".to_owned(), open(shapes.written::<health::Health>(), "healthz", HEALTHZ));
    let mut readyz = open(shapes.written::<health::Readiness>(), "readyz", READYZ);
    readyz["get"]["responses"]["503"] = readyz["get"]["responses"]["200"].clone();
    paths.insert("/readyz".to_owned(), readyz);
    let problem = json!({
        "description": "Why not, as RFC 9457 has it. `code` is stable.",
        "content": { problem::MEDIA: { "schema": shapes.written::<problem::Body<'static>>() } },
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "offhook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        // Relative to where this document is.
        "servers": [{ "url": "./" }],
        "tags": Scope::ALL.map(|scope| json!({ "name": scope.word(), "description": scope.what() })),
        "paths": paths,
        "components": {
            "schemas": shapes.all(),
            "responses": { "Problem": problem },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn address(row: &Row) -> String {
    // The one page with a token that isn't under /v1.
    if row.path == "/metrics" { row.path.to_owned() } else { format!("/v1{}", row.path) }
}

fn operation(row: &Row, page: &Page, shapes: &mut Shapes) -> Value {
    let scope = row.scope.word();
    let mut parameters: Vec<Value> = row
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(of_path)
        .collect();
    parameters.extend(page.query.iter().flat_map(|query| shapes.query(*query)));
    parameters.extend(page.headers.iter().map(|(name, about)| {
        json!({ "name": name, "in": "header", "description": about, "schema": of_header(name) })
    }));
    let mut operation = json!({
        "operationId": row.verb,
        "tags": [scope],
        "summary": page.summary,
        "description": format!("Asks for a token with the scope `{scope}`."),
        "security": [{ "token": [scope] }],
        "parameters": parameters,
        "responses": {
            "4XX": { "$ref": "#/components/responses/Problem" },
            "5XX": { "$ref": "#/components/responses/Problem" },
        },
    });
    match page.takes {
        Takes::Nothing => {}
        Takes::Json { shape, is_required } => {
            let content = json!({ "application/json": { "schema": shape(&mut shapes.read) } });
            operation["requestBody"] = json!({ "required": is_required, "content": content });
        }
        Takes::Lines => {
            let content = json!({ "text/plain": { "schema": { "type": "string" } } });
            operation["requestBody"] = json!({ "required": false, "content": content });
        }
    }
    for (status, gives) in page.gives {
        let content = match gives {
            Gives::Json(shape) => json!({ "application/json": { "schema": shape(&mut shapes.written) } }),
            Gives::JsonOrText(shape) => {
                let text = json!({ "schema": { "type": "string" } });
                json!({ "application/json": { "schema": shape(&mut shapes.written) }, "text/plain": text })
            }
            Gives::Other(media) => json!({ *media: {} }),
        };
        let reason = axum::http::StatusCode::from_u16(*status).ok().and_then(|code| code.canonical_reason());
        operation["responses"][status.to_string()] =
            json!({ "description": reason.unwrap_or_default(), "content": content });
    }
    operation
}

/// A page that asks for no token.
fn open(schema: Value, id: &str, summary: &str) -> Value {
    let answer = json!({ "description": "OK", "content": { "application/json": { "schema": schema } } });
    json!({ "get": { "operationId": id, "summary": summary, "security": [], "responses": { "200": answer } } })
}

fn of_path(name: &str) -> Value {
    let schema = match name {
        "id" => json!({ "type": "string", "pattern": CALL_ID }),
        "command" => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        "number" => json!({ "type": "string", "pattern": NUMBER }),
        _ => json!({ "type": "string", "minLength": 1 }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn of_header(name: &str) -> Value {
    match name {
        "Last-Event-ID" => json!({ "type": "integer", "minimum": 0 }),
        "Idempotency-Key" => json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
        _ => json!({ "type": "string" }),
    }
}

/// The shapes of what is read, and of what is written: a field with a default may be left out of a
/// request, and is always in an answer.
struct Shapes {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Shapes {
    fn new() -> Shapes {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Shapes {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    fn written<T: JsonSchema>(&mut self) -> Value {
        self.written.subschema_for::<T>().to_value()
    }

    /// The fields of a query, each a parameter.
    fn query(&mut self, shape: Shape) -> Vec<Value> {
        let at = shape(&mut self.read).to_value()["$ref"].take();
        let name = at.as_str().and_then(|at| at.rsplit('/').next()).unwrap_or_default();
        // It is no shape of its own, as a body is.
        let Some(mut shape) = self.read.definitions_mut().remove(name) else { return Vec::new() };
        let required = shape["required"].as_array().cloned().unwrap_or_default();
        let Value::Object(fields) = shape["properties"].take() else { return Vec::new() };
        let parameter = |(name, mut schema): (String, Value)| {
            let about = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            bound(&mut schema);
            // In a query there is no null: what isn't given is left out.
            if let Some(kind) = schema["type"].as_array().and_then(|kinds| kinds.first()).cloned() {
                schema["type"] = kind;
            }
            let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
            if required.contains(&parameter["name"]) {
                parameter["required"] = true.into();
            }
            if let Some(about) = about {
                parameter["description"] = about;
            }
            parameter
        };
        fields.into_iter().map(parameter).collect()
    }

    fn all(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.values_mut().for_each(bound);
        all.extend(self.written.take_definitions(true));
        all
    }
}

/// Says of the integers in what is read how large they may be, by their type.
fn bound(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let most = match fields.get("format").and_then(Value::as_str) {
                Some("uint32") => Some(u64::from(u32::MAX)),
                Some("uint" | "uint64") => Some(u64::MAX),
                _ => None,
            };
            if let Some(most) = most {
                fields.entry("maximum").or_insert_with(|| most.into());
            }
            fields.values_mut().for_each(bound);
        }
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}

/// Makes the schema of a type.
type Shape = fn(&mut SchemaGenerator) -> Schema;

const HEALTHZ: &str = "How the gateway is: 200 while the process serves";
const READYZ: &str = "Whether what is heard can be put on disk";
const ABOUT: &str = "A telephone gateway for software agents. What a 2xx says is on disk, and holds across a \
    crash. New fields may be added to any answer, and new words to the kind of an event: pass over those that \
    you don't know. Numbers are E.164, times RFC 3339 in UTC.";

#[cfg(test)]
mod tests;
