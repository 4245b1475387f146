package compare;

/** How long the work itself took. */
final class Clock {
    private long start = System.nanoTime();
    private long nanoseconds = -1;

    void start() {
        start = System.nanoTime();
    }

    void stop() {
        nanoseconds = System.nanoTime() - start;
    }

    /** From start to stop, or to now if it was not stopped. */
    long nanoseconds() {
        return nanoseconds < 0 ? System.nanoTime() - start : nanoseconds;
    }
}
