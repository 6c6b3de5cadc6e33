package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.model.Secret;
import java.time.Instant;

/**
 * What a login gave (spec/protocols.md §2.2): for two hours it stands for the password.
 *
 * @param csrf goes with every request that changes something
 * @param since when it was asked for
 */
public record HeldTicket(Secret ticket, Secret csrf, Instant since) {}
