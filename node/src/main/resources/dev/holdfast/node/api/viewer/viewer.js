"use strict";

/** Renders the node's OpenAPI document; everything shown is text, nothing of it becomes markup. */

const METHODS = ["get", "post", "put", "delete"];

/** An element with attributes and children, which are elements or text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A type in a few words: "integer, 1 to 64". */
function words(schema) {
  if (schema.anyOf) {
    return schema.anyOf.map(words).join(" or ");
  }
  const parts = [];
  if (schema.enum) {
    parts.push(schema.enum.join(" | "));
  } else if (schema.type === "array") {
    parts.push("list of " + words(schema.items));
  } else {
    parts.push(schema.type || "anything");
  }
  if (schema.minimum !== undefined || schema.maximum !== undefined) {
    parts.push((schema.minimum ?? "…") + " to " + (schema.maximum ?? "…"));
  }
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    parts.push((schema.minLength ?? 0) + " to " + (schema.maxLength ?? "any number of") + " characters");
  }
  if (schema.pattern) {
    parts.push(schema.pattern);
  }
  return parts.join(", ");
}

/** What a schema is made of, one line for each field; null when it has no parts. */
function parts(schema) {
  if (schema.anyOf) {
    return schema.anyOf.map(parts).find((found) => found !== null) ?? null;
  }
  if (schema.type === "array") {
    return parts(schema.items);
  }
  if (schema.type !== "object") {
    return null;
  }
  const list = element("ul", {});
  const required = new Set(schema.required ?? []);
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    list.append(line(required.has(name) ? name : name + "?", field));
  }
  if (typeof schema.additionalProperties === "object") {
    list.append(line("…", schema.additionalProperties));
  }
  return list;
}

function line(name, schema) {
  const item = element("li", {}, element("code", {}, name), ": " + words(schema));
  if (schema.description) {
    item.append(element("span", { class: "quiet" }, " — " + schema.description));
  }
  const below = parts(schema);
  if (below) {
    item.append(below);
  }
  return item;
}

/** All parameters of an operation, wherever they go. */
function parameters(operation) {
  const all = (operation.parameters ?? []).map((one) => [one.name, one.in, one.required, one.schema]);
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const required = new Set(body?.required ?? []);
  for (const [name, schema] of Object.entries(body?.properties ?? {})) {
    all.push([name, "body", required.has(name), schema]);
  }
  return all;
}

function table(headings, rows) {
  return element(
    "table", {},
    element("tr", {}, ...headings.map((text) => element("th", {}, text))),
    ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell)))));
}

function show(call) {
  const { method, path, operation } = call;
  const main = document.getElementById("call");
  main.replaceChildren(
    element("h1", {}, element("code", {}, method.toUpperCase() + " /api2/json" + path)),
    element("p", {}, operation.summary),
    element("p", {}, operation.description));
  const rows = parameters(operation).map(([name, where, required, schema]) =>
    [element("code", {}, required ? name : name + "?"), where, words(schema)]);
  if (rows.length > 0) {
    main.append(element("h2", {}, "Parameters"), table(["name", "in", "type"], rows));
  }
  main.append(element("h2", {}, "Answers"), table(["status", "what it means"],
    Object.entries(operation.responses).map(([status, response]) => [status, response.description])));
  for (const [type, content] of Object.entries(operation.responses["200"]?.content ?? {})) {
    const below = content.schema ? parts(content.schema) : null;
    main.append(element("h2", {}, type), below ? element("div", { class: "schema" }, below) : "bytes");
  }
  main.scrollTop = 0;
}

function list(calls) {
  const box = document.getElementById("calls");
  for (const call of calls) {
    const link = element(
      "a", { href: "#" + call.operation.operationId },
      element("span", { class: "method" }, call.method.toUpperCase()), call.path || "/");
    call.link = link;
    box.append(element("li", {}, link));
  }
}

function select(calls) {
  const call = calls.find((one) => "#" + one.operation.operationId === location.hash);
  for (const one of calls) {
    one.link.toggleAttribute("aria-current", one === call);
  }
  if (call) {
    show(call);
  }
}

function filter(calls, text) {
  const wanted = text.trim().toLowerCase();
  for (const call of calls) {
    const all = (call.method + " " + call.path + " " + call.operation.summary).toLowerCase();
    call.link.parentElement.hidden = !all.includes(wanted);
  }
}

async function start() {
  const response = await fetch("/api2/openapi.json");
  const description = await response.json();
  const calls = Object.entries(description.paths)
    .flatMap(([path, methods]) => METHODS.filter((method) => methods[method])
      .map((method) => ({ method, path, operation: methods[method] })))
    .sort((one, other) => one.path < other.path ? -1 : one.path > other.path ? 1 : 0);
  list(calls);
  select(calls);
  window.addEventListener("hashchange", () => select(calls));
  document.getElementById("filter").addEventListener("input", (event) => filter(calls, event.target.value));
}

start().catch((error) => {
  document.getElementById("call").replaceChildren(element("p", {}, "The description cannot be read: " + error));
});
