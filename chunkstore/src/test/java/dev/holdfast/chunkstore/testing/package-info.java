/** What tests of every module share: recorded data of real peers. */
@NullMarked
package dev.holdfast.chunkstore.testing;

import org.jspecify.annotations.NullMarked;
