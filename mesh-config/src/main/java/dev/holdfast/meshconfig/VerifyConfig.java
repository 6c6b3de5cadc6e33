package dev.holdfast.meshconfig;

import java.util.Optional;

/**
 * When the snapshots of a datastore are read back.
 *
 * @param reverifyAfter how old a good result may be before the snapshot is read again; absent =
 *     never again
 */
public record VerifyConfig(CalendarEvent schedule, Optional<TimeSpan> reverifyAfter) {}
