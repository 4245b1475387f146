package compare;

import java.nio.file.Path;
import java.util.Map;

/** A store that is measured. What it does not have throws {@link UnsupportedOperationException}. */
interface Engine extends AutoCloseable {
    /** What it runs with, as reports show it. */
    Map<String, String> settings();

    void load(Path file) throws Exception;

    /** Prepares a query for {@link #query}, if it is not yet. */
    void prepare(String text) throws Exception;

    /** Rows of the answer, whose bytes go to the sink. */
    long query(String text, boolean prepared, Sink sink) throws Exception;

    void update(String text) throws Exception;

    /** Derived statements; given and derived ones go to the file, if there is one, when the clock has stopped. */
    long reason(Path file, Clock clock) throws Exception;

    @Override
    void close() throws Exception;
}
