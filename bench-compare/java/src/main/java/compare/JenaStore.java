package compare;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.jena.graph.Graph;
import org.apache.jena.graph.GraphMemFactory;
import org.apache.jena.graph.Triple;
import org.apache.jena.query.Query;
import org.apache.jena.query.QueryFactory;
import org.apache.jena.query.ReadWrite;
import org.apache.jena.reasoner.ReasonerRegistry;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.riot.resultset.ResultSetLang;
import org.apache.jena.riot.system.StreamRDF;
import org.apache.jena.riot.system.StreamRDFWriter;
import org.apache.jena.sparql.core.DatasetGraph;
import org.apache.jena.sparql.exec.QueryExec;
import org.apache.jena.sparql.exec.RowSet;
import org.apache.jena.sparql.exec.UpdateExec;
import org.apache.jena.sparql.resultset.ResultsWriter;
import org.apache.jena.system.progress.MonitorOutput;
import org.apache.jena.tdb2.DatabaseMgr;
import org.apache.jena.tdb2.loader.DataLoader;
import org.apache.jena.tdb2.loader.LoaderFactory;

/** Jena on TDB2, loaded by the fastest of its loaders that keeps to the threads. */
final class JenaStore implements Engine {
    /** Progress is not shown. */
    private static final MonitorOutput PROGRESS = (text, values) -> { };

    private static final ResultsWriter JSON = ResultsWriter.create().lang(ResultSetLang.RS_JSON).build();

    private final DatasetGraph graphs;
    private final int threads;
    private final Map<String, Query> prepared = new ConcurrentHashMap<>();

    JenaStore(Path directory, int threads) {
        this.threads = threads;
        graphs = DatabaseMgr.connectDatasetGraph(directory.toString());
    }

    @Override
    public Map<String, String> settings() {
        return Map.of(
                "storage", "disk (TDB2), statistics as it makes them by itself",
                "threads", threads + (threads > 1 ? ", parallel loader" : ", sequential loader"),
                "durability", "sync (not settable)",
                "result cache", "none",
                "prepared", "parsed once, planned each time",
                "parser", "checks IRIs, warns",
                "output", "SPARQL JSON, N-Triples",
                "rules", "RDFS, level simple");
    }

    @Override
    public void load(Path file) {
        DataLoader loader = threads > 1
                ? LoaderFactory.parallelLoader(graphs, PROGRESS)
                : LoaderFactory.sequentialLoader(graphs, PROGRESS);
        loader.startBulk();
        loader.load(file.toString());
        loader.finishBulk();
    }

    @Override
    public void prepare(String text) {
        prepared.computeIfAbsent(text, QueryFactory::create);
    }

    @Override
    public long query(String text, boolean keep, Sink sink) {
        Query query = keep ? prepared.get(text) : QueryFactory.create(text);
        graphs.begin(ReadWrite.READ);
        try (QueryExec execution = QueryExec.dataset(graphs).query(query).build()) {
            if (query.isSelectType()) {
                RowSet rows = execution.select();
                JSON.write(sink, rows);
                return rows.getRowNumber();
            }
            if (query.isAskType()) {
                JSON.write(sink, execution.ask());
                return 1;
            }
            Graph graph = query.isConstructType() ? execution.construct() : execution.describe();
            RDFDataMgr.write(sink, graph, Lang.NTRIPLES);
            return graph.size();
        } finally {
            graphs.end();
        }
    }

    @Override
    public void update(String text) {
        graphs.begin(ReadWrite.WRITE);
        try {
            UpdateExec.dataset(graphs).update(text).build().execute();
            graphs.commit();
        } finally {
            graphs.end();
        }
    }

    /** In memory, of the default graph; copying it there is part of the time, as the reasoner reads nothing else. */
    @Override
    public long reason(Path file, Clock clock) throws Exception {
        clock.start();
        Graph given = GraphMemFactory.createGraphMemForModel();
        List<Triple> derived = new ArrayList<>();
        graphs.begin(ReadWrite.READ);
        try {
            graphs.getDefaultGraph().find().forEachRemaining(given::add);
        } finally {
            graphs.end();
        }
        Iterator<Triple> closure = ReasonerRegistry.getRDFSSimpleReasoner().bind(given).find();
        closure.forEachRemaining(triple -> {
            if (!given.contains(triple)) {
                derived.add(triple);
            }
        });
        clock.stop();
        if (file != null) {
            try (OutputStream out = Files.newOutputStream(file)) {
                StreamRDF writer = StreamRDFWriter.getWriterStream(out, Lang.NTRIPLES);
                writer.start();
                given.find().forEachRemaining(writer::triple);
                derived.forEach(writer::triple);
                writer.finish();
            }
        }
        return derived.size();
    }

    @Override
    public void close() {
        graphs.close();
    }
}
