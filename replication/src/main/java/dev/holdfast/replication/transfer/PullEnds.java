package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.meshconfig.SyncRules;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * Between what a run pulls, and with what.
 *
 * @param rules decide on the manifest itself, where a listing may have told something else
 * @param chunksInFlight requests for chunks per group
 * @param budget bytes of chunks in the whole run
 * @param extraSessions how many connections the run may have beside one for each group
 */
record PullEnds(
    PullSource source,
    Datastore local,
    SyncRules rules,
    ChunkFetches fetches,
    int chunksInFlight,
    ByteBudget budget,
    Semaphore extraSessions,
    Workers workers,
    InstantSource clock) {}
