package dev.holdfast.node.notify;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The secrets of a webhook, as they are given: {@code name=NAME,value=BASE64}. */
public final class WebhookSecrets {
  private WebhookSecrets() {}

  /** What may be shown of them. */
  public static List<String> names(List<String> given) {
    return given.stream().map(text -> "name=" + PropertyText.parse(text).name()).toList();
  }

  /** One that is given without a value keeps the one that it has. */
  public static List<String> merge(NotificationConfig config, String target, List<String> given) {
    Map<String, String> known = new HashMap<>();
    for (String text : config.secretsOf(target).getOrDefault("secret", List.of())) {
      known.put(PropertyText.parse(text).name(), text);
    }
    return given.stream()
        .map(
            text ->
                text.contains("value=")
                    ? text
                    : known.getOrDefault(PropertyText.parse(text).name(), text))
        .toList();
  }
}
