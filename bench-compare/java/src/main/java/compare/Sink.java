package compare;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where an answer goes: every byte is made, copied to a buffer and counted, and kept if there is a file. */
final class Sink extends BufferedOutputStream {
    private static final int BUFFER_BYTES = 64 * 1024;

    Sink(Path file) throws IOException {
        super(new Counted(file == null ? OutputStream.nullOutputStream() : Files.newOutputStream(file)), BUFFER_BYTES);
    }

    long bytes() {
        return ((Counted) out).bytes;
    }

    private static final class Counted extends OutputStream {
        private final OutputStream to;
        private long bytes;

        Counted(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int value) throws IOException {
            to.write(value);
            bytes++;
        }

        @Override
        public void write(byte[] values, int from, int count) throws IOException {
            to.write(values, from, count);
            bytes += count;
        }

        @Override
        public void close() throws IOException {
            to.close();
        }
    }
}
