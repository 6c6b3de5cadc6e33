/** Second login factors: one-time codes, recovery keys, WebAuthn, and the lock against guessing. */
@NullMarked
package dev.holdfast.node.access.tfa;

import org.jspecify.annotations.NullMarked;
