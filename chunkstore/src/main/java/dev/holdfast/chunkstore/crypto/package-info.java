/** Keys of encrypted and signed backups: the key itself, its file, and the master key over it. */
@NullMarked
package dev.holdfast.chunkstore.crypto;

import org.jspecify.annotations.NullMarked;
