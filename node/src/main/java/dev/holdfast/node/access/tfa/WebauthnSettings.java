package dev.holdfast.node.access.tfa;

import org.jspecify.annotations.Nullable;

/**
 * Who this node is to a browser's authenticator (spec/rest-api.md §6.10).
 *
 * @param rp name that the user is shown
 * @param origin {@code https://HOST[:PORT]} of the page, null = any host of {@code id}
 * @param id domain; credentials belong to it, so that another one breaks them all
 * @param allowSubdomains whether pages of hosts below the origin's count too; null = yes
 */
public record WebauthnSettings(
    String rp, @Nullable String origin, String id, @Nullable Boolean allowSubdomains) {}
