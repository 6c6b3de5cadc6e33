/**
 * The REST layer (spec/protocols.md §3): one parameter layer for REST and sessions, a router, two
 * formatters, one place where errors become statuses. Handlers are plain blocking code that answers
 * by value or throws.
 */
@NullMarked
package dev.holdfast.node.api;

import org.jspecify.annotations.NullMarked;
