package dev.holdfast.node.job;

import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.SectionConfig.Section;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** A job as a section file and the API have it. */
public interface JobConfig {
  String id();

  /** As in the file, each with at least one value. */
  SortedMap<String, List<String>> properties();

  /** Absent = it runs only when somebody asks. */
  Optional<CalendarEvent> schedule();

  Section section();
}
