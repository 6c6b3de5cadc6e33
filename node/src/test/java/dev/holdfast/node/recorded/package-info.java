/** The REST calls that real servers were asked, asked again of a node that was set up alike. */
@NullMarked
package dev.holdfast.node.recorded;

import org.jspecify.annotations.NullMarked;
