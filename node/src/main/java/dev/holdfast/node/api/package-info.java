/** The REST interface: parameters, routes, answers, and the HTTPS server that carries them. */
@NullMarked
package dev.holdfast.node.api;

import org.jspecify.annotations.NullMarked;
