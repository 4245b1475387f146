package compare;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Jena and RDF4J as engines of the benchmarks: {@code Main ENGINE OPEN}. OPEN is the first request, which the script
 * {@code engine} has read for the size of the heap; the others are lines of standard input. The protocol is that of
 * {@code src/bench/engine/protocol.rs}.
 */
public final class Main {
    /** Replies go here; whatever a library prints goes to standard error. */
    private static final PrintStream REPLIES = System.out;

    public static void main(String[] arguments) throws Exception {
        System.setOut(System.err);
        JsonObject open = JsonParser.parseString(arguments[1]).getAsJsonObject();
        Engine engine;
        try {
            Clock clock = new Clock();
            engine = open(arguments[0], open);
            JsonObject done = done(clock, 0, 0);
            done.addProperty("engine", arguments[0]);
            done.addProperty("version", version(arguments[0]));
            JsonObject settings = new JsonObject();
            engine.settings().forEach(settings::addProperty);
            settings.addProperty("memory", (Runtime.getRuntime().maxMemory() >> 20) + " MB heap; mapped files and the page cache beside it");
            settings.addProperty("java", Runtime.version().toString());
            settings.addProperty("java options", String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
            done.add("settings", settings);
            reply(open, "done", done);
        } catch (Exception | LinkageError error) {
            reply(open, "failed", failed(error));
            return;
        }
        serve(engine, threads(open));
        System.exit(0);
    }

    private static Engine open(String name, JsonObject request) throws Exception {
        Path directory = Path.of(request.get("directory").getAsString());
        boolean sync = request.get("sync").getAsBoolean();
        int threads = threads(request);
        Files.createDirectories(directory);
        return switch (name) {
            case "jena" -> new JenaStore(directory, threads);
            case "rdf4j" -> Rdf4jStore.nativeStore(directory, threads, sync);
            case "rdf4j-lmdb" -> Rdf4jStore.lmdbStore(directory, threads, sync);
            default -> throw new IllegalArgumentException("no engine " + name);
        };
    }

    private static int threads(JsonObject open) {
        return Math.max(1, open.get("threads").getAsInt());
    }

    private static String version(String name) throws IOException {
        Properties versions = new Properties();
        try (InputStream file = Main.class.getResourceAsStream("versions.properties")) {
            versions.load(file);
        }
        return versions.getProperty(name.split("-")[0]);
    }

    /** As many requests at once as there are threads, until {@code close} or the end of the input. */
    private static void serve(Engine engine, int threads) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        JsonObject request = read(lines);
        while (request != null && !isClose(request)) {
            JsonObject next = request;
            workers.execute(() -> answer(engine, next));
            request = read(lines);
        }
        workers.shutdown();
        workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        Clock clock = new Clock();
        engine.close();
        if (request != null) {
            reply(request, "done", done(clock, 0, 0));
        }
    }

    /** Null at the end. */
    private static JsonObject read(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        return line == null ? null : JsonParser.parseString(line).getAsJsonObject();
    }

    private static boolean isClose(JsonObject request) {
        return request.get("do").getAsString().equals("close");
    }

    private static void answer(Engine engine, JsonObject request) {
        try {
            reply(request, "done", work(engine, request));
        } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError error) {
            reply(request, "failed", failed(error));
        }
    }

    private static JsonObject work(Engine engine, JsonObject request) throws Exception {
        Clock clock = new Clock();
        switch (request.get("do").getAsString()) {
            case "load":
                engine.load(Path.of(request.get("file").getAsString()));
                return done(clock, 0, 0);
            case "query":
                return query(engine, request);
            case "update":
                engine.update(request.get("text").getAsString());
                return done(clock, 0, 0);
            case "reason":
                long derived = engine.reason(file(request), clock);
                return done(clock, derived, 0);
            case "quiesce", "flush", "nothing":
                // Neither store works in the background: what is not in its files yet is the operating system's.
                return done(clock, 0, 0);
            case "all":
                JsonArray each = new JsonArray();
                for (JsonElement work : request.getAsJsonArray("works")) {
                    each.add(work(engine, work.getAsJsonObject()));
                }
                JsonObject all = done(clock, 0, 0);
                all.add("each", each);
                return all;
            default:
                throw new UnsupportedOperationException();
        }
    }

    private static JsonObject query(Engine engine, JsonObject request) throws Exception {
        String text = request.get("text").getAsString();
        boolean prepared = request.get("prepared").getAsBoolean();
        if (prepared) {
            engine.prepare(text);
        }
        try (Sink sink = new Sink(file(request))) {
            Clock clock = new Clock();
            long rows = engine.query(text, prepared, sink);
            sink.flush();
            clock.stop();
            return done(clock, rows, sink.bytes());
        }
    }

    private static Path file(JsonObject request) {
        return request.has("file") && !request.get("file").isJsonNull() ? Path.of(request.get("file").getAsString()) : null;
    }

    private static JsonObject done(Clock clock, long rows, long bytes) {
        JsonObject done = new JsonObject();
        done.addProperty("nanoseconds", clock.nanoseconds());
        done.addProperty("rows", rows);
        done.addProperty("bytes", bytes);
        return done;
    }

    private static JsonObject failed(Throwable error) {
        JsonObject failed = new JsonObject();
        boolean unsupported = error instanceof UnsupportedOperationException;
        failed.addProperty("unsupported", unsupported);
        failed.addProperty("message", unsupported ? "not supported" : error.toString());
        return failed;
    }

    private static void reply(JsonObject request, String outcome, JsonObject what) {
        JsonObject reply = new JsonObject();
        reply.add("id", request.get("id"));
        reply.add(outcome, what);
        byte[] line = (reply + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (REPLIES) {
            REPLIES.write(line, 0, line.length);
            REPLIES.flush();
        }
    }
}
