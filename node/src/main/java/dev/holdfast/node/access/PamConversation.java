package dev.holdfast.node.access;

import dev.holdfast.chunkstore.model.Secret;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the questions of PAM's modules: the password where something is asked that is not shown,
 * nothing where something is told. A question of any other kind cannot be answered, and ends the
 * login.
 *
 * <pre>
 * struct pam_conv     { int (*conv)(int, const struct pam_message **, struct pam_response **, void *);
 *                       void *appdata_ptr; }
 * struct pam_message  { int msg_style; const char *msg; }
 * struct pam_response { char *resp; int resp_retcode; }     array and texts by malloc: PAM frees them
 * </pre>
 */
@SuppressWarnings("restricted") // native access is granted to the whole program
final class PamConversation {
  private static final int PROMPT_HIDDEN = 1;
  private static final int ERROR_TEXT = 3;
  private static final int INFO_TEXT = 4;

  private static final int SUCCESS = 0;
  private static final int BUFFER_ERROR = 5;
  private static final int CONVERSATION_ERROR = 19;

  /** {@code PAM_MAX_NUM_MSG}. */
  private static final int MESSAGES_MAX = 32;

  private static final Logger LOG = LoggerFactory.getLogger(PamConversation.class);

  private static final AddressLayout ADDRESS = ValueLayout.ADDRESS;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final long POINTER_BYTES = ADDRESS.byteSize();
  private static final StructLayout RESPONSE =
      MemoryLayout.structLayout(
          ADDRESS.withName("resp"), INT.withName("resp_retcode"), MemoryLayout.paddingLayout(4));

  private static final MethodHandle CALLOC =
      libc("calloc", FunctionDescriptor.of(ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE = libc("free", FunctionDescriptor.ofVoid(ADDRESS));

  private final Secret password;
  private String refused = "";

  PamConversation(Secret password) {
    this.password = password;
  }

  private static MethodHandle libc(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }

  /** Why it could not go on, as the end of a sentence; empty when it could. */
  String refused() {
    return refused;
  }

  /** A {@code struct pam_conv} that lives as long as the arena. */
  MemorySegment callback(Arena arena) {
    MemorySegment function;
    try {
      MethodHandle answer =
          MethodHandles.lookup()
              .bind(
                  this,
                  "answer",
                  MethodType.methodType(
                      int.class,
                      int.class,
                      MemorySegment.class,
                      MemorySegment.class,
                      MemorySegment.class));
      function =
          Linker.nativeLinker()
              .upcallStub(
                  answer, FunctionDescriptor.of(INT, INT, ADDRESS, ADDRESS, ADDRESS), arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("it is a method of this class", e);
    }
    MemorySegment conversation = arena.allocate(2 * POINTER_BYTES, POINTER_BYTES);
    conversation.set(ADDRESS, 0, function);
    return conversation;
  }

  /** Called by PAM; what it threw would end the process. */
  @SuppressWarnings("UnusedMethod") // by callback()
  private int answer(
      int count, MemorySegment messages, MemorySegment responses, MemorySegment unused) {
    try {
      if (count < 1 || count > MESSAGES_MAX) {
        return CONVERSATION_ERROR;
      }
      MemorySegment list = allocate(count * RESPONSE.byteSize());
      for (int i = 0; i < count; i++) {
        MemorySegment message =
            messages
                .reinterpret(count * POINTER_BYTES)
                .get(ADDRESS, i * POINTER_BYTES)
                .reinterpret(2 * POINTER_BYTES);
        int style = message.get(INT, 0);
        if (style == PROMPT_HIDDEN) {
          list.set(ADDRESS, i * RESPONSE.byteSize(), text());
        } else if (style != ERROR_TEXT && style != INFO_TEXT) {
          refused = ": it asks for something else than a password";
          free(list, count);
          return CONVERSATION_ERROR;
        }
      }
      responses.reinterpret(POINTER_BYTES).set(ADDRESS, 0, list);
      return SUCCESS;
    } catch (Throwable e) {
      LOG.error("a question of PAM was not answered", e);
      return BUFFER_ERROR;
    }
  }

  /** A copy for PAM, which overwrites and frees it. */
  private MemorySegment text() throws Throwable {
    byte[] bytes = password.reveal().getBytes(StandardCharsets.UTF_8);
    MemorySegment text = allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, text, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return text;
  }

  /** Zeroed. */
  private static MemorySegment allocate(long bytes) throws Throwable {
    MemorySegment memory = (MemorySegment) CALLOC.invokeExact(1L, bytes);
    if (memory.equals(MemorySegment.NULL)) {
      throw new OutOfMemoryError("no memory for an answer to PAM");
    }
    return memory.reinterpret(bytes);
  }

  private static void free(MemorySegment list, int count) throws Throwable {
    for (int i = 0; i < count; i++) {
      MemorySegment text = list.get(ADDRESS, i * RESPONSE.byteSize());
      if (!text.equals(MemorySegment.NULL)) {
        FREE.invokeExact(text);
      }
    }
    FREE.invokeExact(list);
  }
}
