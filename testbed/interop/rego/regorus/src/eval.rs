//! One engine per request, set up as the kata-agent sets up its own.

use regorus::{Engine, Value};
use serde_json::{json, Value as Json};

pub fn failed(phase: &str, error: &str) -> Json {
    json!({ "outcome": "error", "phase": phase, "error": error })
}

/// Source: kata-containers src/agent/policy: non-strict builtin errors, prints gathered.
pub fn new_engine(request: &Json) -> Result<Engine, Json> {
    let mut engine = Engine::new();
    engine.set_rego_v0(request["v0"].as_bool().unwrap_or(false));
    engine.set_strict_builtin_errors(request["strict"].as_bool().unwrap_or(false));
    engine.set_gather_prints(true);
    for module in request["modules"].as_array().into_iter().flatten() {
        let name = module["name"].as_str().unwrap_or_default().to_string();
        let text = module["text"].as_str().unwrap_or_default().to_string();
        engine
            .add_policy(name, text)
            .map_err(|error| failed("add_policy", &error.to_string()))?;
    }
    if let Some(data) = request["data"].as_str() {
        engine
            .add_data_json(data)
            .map_err(|error| failed("add_data", &error.to_string()))?;
    }
    Ok(engine)
}

/// The value is that of the first expression of the first result.
fn query(engine: &mut Engine, request: &Json) -> Result<Option<Value>, Json> {
    if let Some(input) = request["input"].as_str() {
        engine
            .set_input_json(input)
            .map_err(|error| failed("set_input", &error.to_string()))?;
    }
    let text = request["query"].as_str().unwrap_or_default().to_string();
    let results = engine
        .eval_query(text, false)
        .map_err(|error| failed("eval", &error.to_string()))?;
    let first = results.result.into_iter().next();
    Ok(first.and_then(|row| row.expressions.into_iter().next()).map(|e| e.value))
}

pub fn evaluate(request: &Json) -> Json {
    let mut engine = match new_engine(request) {
        Ok(engine) => engine,
        Err(reply) => return reply,
    };
    let mut reply = match query(&mut engine, request) {
        Ok(None) | Ok(Some(Value::Undefined)) => json!({ "outcome": "undefined" }),
        Ok(Some(value)) => match value.to_json_str() {
            Ok(text) => json!({ "outcome": "value", "text": compact(&text) }),
            Err(error) => failed("output", &error.to_string()),
        },
        Err(reply) => reply,
    };
    reply["prints"] = json!(engine.take_prints().unwrap_or_default());
    reply
}

/// to_json_str writes pretty text; taking out the layout keeps every number as it was spelled.
fn compact(pretty: &str) -> String {
    let mut text = String::with_capacity(pretty.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in pretty.chars() {
        if quoted {
            text.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => {}
            }
        } else if !c.is_whitespace() {
            quoted = c == '"';
            text.push(c);
        }
    }
    text
}
