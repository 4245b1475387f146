package compare;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.rdf4j.common.transaction.IsolationLevels;
import org.eclipse.rdf4j.model.Statement;
import org.eclipse.rdf4j.query.BooleanQuery;
import org.eclipse.rdf4j.query.GraphQuery;
import org.eclipse.rdf4j.query.GraphQueryResult;
import org.eclipse.rdf4j.query.Query;
import org.eclipse.rdf4j.query.QueryLanguage;
import org.eclipse.rdf4j.query.QueryResults;
import org.eclipse.rdf4j.query.TupleQuery;
import org.eclipse.rdf4j.query.TupleQueryResult;
import org.eclipse.rdf4j.query.resultio.sparqljson.SPARQLBooleanJSONWriter;
import org.eclipse.rdf4j.query.resultio.sparqljson.SPARQLResultsJSONWriter;
import org.eclipse.rdf4j.repository.RepositoryConnection;
import org.eclipse.rdf4j.repository.sail.SailRepository;
import org.eclipse.rdf4j.rio.RDFFormat;
import org.eclipse.rdf4j.rio.RDFWriter;
import org.eclipse.rdf4j.rio.Rio;
import org.eclipse.rdf4j.rio.ntriples.NTriplesWriter;
import org.eclipse.rdf4j.sail.Sail;
import org.eclipse.rdf4j.sail.lmdb.LmdbStore;
import org.eclipse.rdf4j.sail.lmdb.config.LmdbStoreConfig;
import org.eclipse.rdf4j.sail.nativerdf.NativeStore;

/** RDF4J on one of its two disk stores, with the indexes it makes by default. */
final class Rdf4jStore implements Engine {
    private final SailRepository repository;
    private final Map<String, String> settings;
    private final Queue<Client> clients = new ConcurrentLinkedQueue<>();
    /** A connection serves one thread. */
    private final ThreadLocal<Client> client = ThreadLocal.withInitial(Client::new);

    private final class Client {
        final RepositoryConnection connection = repository.getConnection();
        final Map<String, Query> prepared = new HashMap<>();

        Client() {
            clients.add(this);
        }
    }

    static Rdf4jStore nativeStore(Path directory, int threads, boolean sync) {
        NativeStore store = new NativeStore(directory.toFile());
        store.setForceSync(sync);
        return new Rdf4jStore(store, "NativeStore", threads, sync);
    }

    static Rdf4jStore lmdbStore(Path directory, int threads, boolean sync) {
        return new Rdf4jStore(new LmdbStore(directory.toFile(), new LmdbStoreConfig().setForceSync(sync)), "LmdbStore", threads, sync);
    }

    private Rdf4jStore(Sail store, String name, int threads, boolean sync) {
        repository = new SailRepository(store);
        repository.init();
        settings = Map.of(
                "storage", "disk (" + name + "), indexes spoc and posc",
                "threads", threads + ", loads with one in a transaction without isolation",
                "durability", sync ? "sync" : "os_buffered",
                "result cache", "none",
                "prepared", "parsed once, planned each time",
                "parser", "strict",
                "output", "SPARQL JSON, N-Triples");
    }

    @Override
    public Map<String, String> settings() {
        return settings;
    }

    @Override
    public void load(Path file) throws Exception {
        RDFFormat format = Rio.getParserFormatForFileName(file.toString()).orElseThrow(UnsupportedOperationException::new);
        RepositoryConnection connection = client.get().connection;
        connection.begin(IsolationLevels.NONE);
        connection.add(file.toFile(), format);
        connection.commit();
    }

    @Override
    public void prepare(String text) {
        Client own = client.get();
        own.prepared.computeIfAbsent(text, key -> own.connection.prepareQuery(QueryLanguage.SPARQL, key));
    }

    @Override
    public long query(String text, boolean prepared, Sink sink) throws Exception {
        Client own = client.get();
        Query query = prepared ? own.prepared.get(text) : own.connection.prepareQuery(QueryLanguage.SPARQL, text);
        if (query instanceof TupleQuery select) {
            return rows(select, sink);
        }
        if (query instanceof GraphQuery graph) {
            return triples(graph, sink);
        }
        new SPARQLBooleanJSONWriter(sink).handleBoolean(((BooleanQuery) query).evaluate());
        return 1;
    }

    private static long rows(TupleQuery query, Sink sink) {
        SPARQLResultsJSONWriter out = new SPARQLResultsJSONWriter(sink);
        long rows = 0;
        try (TupleQueryResult result = query.evaluate()) {
            out.startQueryResult(result.getBindingNames());
            for (; result.hasNext(); rows++) {
                out.handleSolution(result.next());
            }
            out.endQueryResult();
        }
        return rows;
    }

    /** Made distinct: the result may have a triple of the graph more than once. */
    private static long triples(GraphQuery query, Sink sink) {
        RDFWriter out = new NTriplesWriter(sink);
        long triples = 0;
        try (GraphQueryResult result = QueryResults.distinctResults(query.evaluate())) {
            out.startRDF();
            for (; result.hasNext(); triples++) {
                Statement triple = result.next();
                out.handleStatement(triple);
            }
            out.endRDF();
        }
        return triples;
    }

    @Override
    public void update(String text) {
        client.get().connection.prepareUpdate(QueryLanguage.SPARQL, text).execute();
    }

    @Override
    public long reason(Path file, Clock clock) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        clients.forEach(open -> open.connection.close());
        repository.shutDown();
    }
}
