/** The REST calls themselves, a class per part of the tree. */
@NullMarked
package dev.holdfast.node.api.rest;

import org.jspecify.annotations.NullMarked;
