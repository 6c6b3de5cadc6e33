/** Who may do what: users, tokens, tickets, roles and the access control list. */
@NullMarked
package dev.holdfast.node.access;

import org.jspecify.annotations.NullMarked;
