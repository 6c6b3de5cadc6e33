package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.TimeSpan;
import dev.holdfast.node.traffic.ByteCount;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Arguments become checked values; what is wrong with one is a usage error in its own words. */
final class Converters {
  private Converters() {}

  static void register(CommandLine line) {
    line.registerConverter(AuthId.class, checked(AuthId::parse));
    line.registerConverter(Boolean.class, Checks::flag);
    line.registerConverter(boolean.class, Checks::flag);
    line.registerConverter(Integer.class, Checks::wholeNumber);
    line.registerConverter(int.class, Checks::wholeNumber);
    line.registerConverter(Long.class, Checks::longNumber);
    line.registerConverter(long.class, Checks::longNumber);
    line.registerConverter(
        CalendarEvent.class, explained(CalendarEvent::parse, CalendarEvent.GRAMMAR));
    line.registerConverter(TimeSpan.class, explained(TimeSpan::parse, TimeSpan.GRAMMAR));
    line.registerConverter(BackupType.class, checked(BackupType::parse));
    line.registerConverter(ByteCount.class, checked(ByteCount::parse));
    line.registerConverter(ChangeDetection.class, checked(ChangeDetection::parse));
    line.registerConverter(DatastoreName.class, checked(DatastoreName::new));
    line.registerConverter(Fingerprint.class, checked(Fingerprint::parse));
    line.registerConverter(HostAndPort.class, checked(text -> HostAndPort.parse(text, 0)));
    line.registerConverter(GroupId.class, checked(GroupId::parse));
    line.registerConverter(Namespace.class, checked(Namespace::parse));
    line.registerConverter(Repository.class, checked(Repository::parse));
    line.registerConverter(SnapshotChoice.class, checked(SnapshotChoice::parse));
    line.registerConverter(SnapshotId.class, checked(SnapshotId::parse));
    line.registerConverter(BackupSource.class, checked(BackupSource::parse));
    line.registerConverter(OutputOption.Format.class, checked(OutputOption.Format::parse));
  }

  /** Of a parser whose words do not say what is allowed. */
  private static <T> ITypeConverter<T> explained(Function<String, T> parse, String expected) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (BackupException e) {
        throw new TypeConversionException(
            e.text() + " (found '" + text + "', expected " + expected + ")");
      }
    };
  }

  private static <T> ITypeConverter<T> checked(Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (BackupException e) {
        throw new TypeConversionException(e.text());
      }
    };
  }
}
