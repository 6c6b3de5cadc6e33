package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.access.tfa.TfaConfig;
import dev.holdfast.node.access.tfa.WebauthnSettings;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who this node is to authenticators of browsers (spec/rest-api.md §6.10). */
final class WebauthnSettingsEndpoints {

  private static final Shape SETTINGS =
      Shape.object(
          Field.text("rp").meaning("name for people"),
          Field.text("origin").orNone(),
          Field.text("id").meaning("domain"),
          Field.flag("allow-subdomains").orNone());

  private static final String PATH = "/config/access/tfa/webauthn";

  private final StateFile<TfaConfig> file;

  WebauthnSettingsEndpoints(StateFile<TfaConfig> file) {
    this.file = file;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        PATH,
        new Endpoint(
            Doc.of(
                    "Shows who this node is to authenticators.",
                    SETTINGS.orNull(),
                    "name, domain and origin, or null")
                .withDigest(),
            ParamSchema.NONE,
            Rule.ANYBODY,
            call -> show()));
    router.add(
        "PUT",
        PATH,
        new Endpoint(
            Doc.nothing("Sets who this node is to authenticators."),
            ParamSchema.of(
                Param.text("rp", 1, 128, "\\P{Cntrl}*").orNone(),
                Param.text("origin", 1, 256, "https?://[^\\s/?#@]+").orNone(),
                Param.text("id", 1, 253, "[A-Za-z0-9][A-Za-z0-9.\\-]*").orNone(),
                Param.bool("allow-subdomains"),
                Param.choice("delete", "origin", "id", "rp", "allow-subdomains").orNone().list(),
                Param.DIGEST),
            Rule.SUPERUSER,
            this::change));
  }

  private ApiResult show() {
    StateFile.Loaded<TfaConfig> loaded = file.load();
    WebauthnSettings settings = loaded.value().webauthn();
    return (settings == null ? ApiResult.none() : ApiResult.of(TfaConfig.json(settings)))
        .with("digest", loaded.digest().hex());
  }

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    file.update(params.digest(), config -> config.withWebauthn(changed(config.webauthn(), params)));
    return ApiResult.none();
  }

  /** Without name and domain there is nothing, so that both go together. */
  private static @Nullable WebauthnSettings changed(@Nullable WebauthnSettings old, Params params) {
    ObjectNode json = old == null ? Json.object() : TfaConfig.json(old);
    json.remove(params.texts("delete"));
    for (String name : List.of("rp", "origin", "id")) {
      params.optionalText(name).ifPresent(value -> json.put(name, value));
    }
    if (params.has("allow-subdomains")) {
      json.put("allow-subdomains", params.bool("allow-subdomains", true));
    }
    return json.has("rp") || json.has("id") ? TfaConfig.settings(json) : null;
  }
}
