package dev.holdfast.chunkstore.pxar.posix;

/** An extended attribute, its name with the prefix: {@code user.comment}. */
public record Xattr(Bytes name, Bytes value) {}
