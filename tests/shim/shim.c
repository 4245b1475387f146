/*
 * Stands between a program and its files (LD_PRELOAD), for everything below one directory.
 *
 * TS_SHIM_ROOT     the directory; nothing outside it is touched.
 * TS_SHIM_JOURNAL  a file that gets a record of every change, in order (tests/shim/journal.rs reads it).
 * TS_SHIM_FAIL     CLASS:N:COUNT:ERROR: calls N to N+COUNT-1 of a class fail. CLASS is a name of
 *                  `class_names`, ERROR is EIO, ENOSPC or SHORT (half is written, then ENOSPC).
 * TS_SHIM_COUNTS   a file that gets one 64-bit count of calls for each class.
 *
 * Calls are serialised, so that the journal's order is the order in which things happened: a sync that a
 * write overtakes cannot be taken for one that covers it. Nothing is really synced: what power loss would
 * leave is worked out from the journal. A call that would change files in a way this does not follow
 * ends the program.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 65536 };
enum class { WRITE, SYNC, OPEN, RENAME, LINK, UNLINK, TRUNCATE, MKDIR, CLASSES };
static const char *const class_names[CLASSES] = {"write", "sync", "open", "rename",
                                                 "link", "unlink", "truncate", "mkdir"};

enum op { OP_OPEN = 1, OP_WRITE, OP_SYNC, OP_TRUNCATE, OP_RENAME, OP_UNLINK, OP_LINK, OP_MKDIR, OP_RMDIR };
enum { OPEN_CREATED = 1, OPEN_TRUNCATED = 2, OPEN_NAMELESS = 4 };

struct record {
    uint32_t op, id;
    uint64_t number;
    uint32_t first_bytes, second_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_bytes;
static int journal = -1;
/* The number of the open file behind each descriptor, 0 if it is not followed. */
static uint32_t open_ids[FDS];
static int open_flags[FDS];
static uint32_t next_id = 1;
static uint64_t own_counts[CLASSES];
static uint64_t *counts = own_counts;
static int fail_class = -1;
static uint64_t fail_from, fail_until;
static int fail_errno, fail_short;

static int (*real_open)(const char *, int, ...);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static int (*real_closedir)(DIR *);
static int (*real_fclose)(FILE *);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_truncate)(const char *, off_t);
static int (*real_fallocate)(int, int, off_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_linkat)(int, const char *, int, const char *, int);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);

static void die(const char *what, const char *path) {
    dprintf(2, "shim: %s %s\n", what, path);
    abort();
}

static void *find(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) die("cannot find", name);
    return found;
}

__attribute__((constructor)) static void start(void) {
    real_open = find("open64");
    real_openat = find("openat64");
    real_close = find("close");
    real_closedir = find("closedir");
    real_fclose = find("fclose");
    real_write = find("write");
    real_writev = find("writev");
    real_pwrite = find("pwrite64");
    real_ftruncate = find("ftruncate64");
    real_truncate = find("truncate64");
    real_fallocate = find("fallocate64");
    real_fsync = find("fsync");
    real_fdatasync = find("fdatasync");
    real_renameat = find("renameat");
    real_linkat = find("linkat");
    real_unlinkat = find("unlinkat");
    real_mkdirat = find("mkdirat");
    real_mmap = find("mmap64");
    const char *given = getenv("TS_SHIM_ROOT");
    if (!given) return;
    const char *to = getenv("TS_SHIM_JOURNAL");
    if (to) {
        journal = real_open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (journal < 0) die("cannot create", to);
    }
    to = getenv("TS_SHIM_COUNTS");
    if (to) {
        int fd = real_open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || real_ftruncate(fd, sizeof own_counts) != 0) die("cannot create", to);
        counts = real_mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (counts == MAP_FAILED) die("cannot map", to);
        real_close(fd);
    }
    const char *fail = getenv("TS_SHIM_FAIL");
    if (fail) {
        char name[16], error[16];
        unsigned long long from, count;
        if (sscanf(fail, "%15[a-z]:%llu:%llu:%15[A-Z]", name, &from, &count, error) != 4)
            die("cannot read", fail);
        for (int i = 0; i < CLASSES; i++)
            if (!strcmp(name, class_names[i])) fail_class = i;
        if (fail_class < 0) die("no class of calls is called", name);
        fail_from = from;
        fail_until = from + count;
        fail_errno = !strcmp(error, "EIO") ? EIO : ENOSPC;
        fail_short = !strcmp(error, "SHORT");
    }
    strncpy(root, given, sizeof root - 1);
    root_bytes = strlen(root);
}

/* The absolute form of a path if it is followed, else NULL. */
static const char *followed(int dir, const char *path, char *out) {
    if (!root_bytes) return NULL;
    if (path[0] == '/') {
        if (strlen(path) >= PATH_MAX) return NULL;
        strcpy(out, path);
    } else {
        ssize_t length;
        if (dir == AT_FDCWD) {
            if (!getcwd(out, PATH_MAX)) return NULL;
            length = (ssize_t)strlen(out);
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
            length = readlink(link, out, PATH_MAX - 1);
        }
        if (length < 0 || (size_t)length + strlen(path) + 2 > PATH_MAX) return NULL;
        out[length] = '/';
        strcpy(out + length + 1, path);
    }
    if (strncmp(out, root, root_bytes) || (out[root_bytes] != '/' && out[root_bytes])) return NULL;
    /* A trailing slash does not make another path. */
    size_t length = strlen(out);
    while (length > 1 && out[length - 1] == '/') out[--length] = 0;
    return out;
}

/* RocksDB's own messages are no part of the store. */
static int is_message_log(const char *path) {
    const char *name = strrchr(path, '/');
    return name && !strncmp(name, "/LOG", 4);
}

static void note(enum op op, uint32_t id, uint64_t number, const void *first, size_t first_bytes,
                 const void *second, size_t second_bytes) {
    if (journal < 0) return;
    struct record record = {op, id, number, (uint32_t)first_bytes, (uint32_t)second_bytes};
    struct iovec parts[3] = {{&record, sizeof record}, {(void *)first, first_bytes}, {(void *)second, second_bytes}};
    size_t left = sizeof record + first_bytes + second_bytes;
    if (real_writev(journal, parts, 3) != (ssize_t)left) die("the journal", "cannot be written");
}

static void note_path(enum op op, uint32_t id, uint64_t number, const char *path) {
    note(op, id, number, path, strlen(path), "", 0);
}

/* Counts a call; true if it is to fail, with errno set. */
static int fails(enum class class) {
    uint64_t call = ++counts[class];
    if ((int)class != fail_class || call < fail_from || call >= fail_until) return 0;
    errno = fail_errno;
    return 1;
}

static uint32_t id_of(int fd) { return fd >= 0 && fd < FDS ? open_ids[fd] : 0; }

static void forget(int fd) {
    if (fd >= 0 && fd < FDS) open_ids[fd] = 0;
}

static int do_open(int dir, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *absolute = followed(dir, path, buffer);
    if (!absolute || is_message_log(absolute)) {
        int fd = real_openat(dir, path, flags, mode);
        pthread_mutex_lock(&lock);
        forget(fd);
        pthread_mutex_unlock(&lock);
        return fd;
    }
    pthread_mutex_lock(&lock);
    struct stat status;
    int existed = fstatat(AT_FDCWD, absolute, &status, 0) == 0;
    /* The path is the directory that a file without a name is in. */
    int nameless = (flags & O_TMPFILE) == O_TMPFILE;
    int fd = -1;
    if (!((flags & O_CREAT || nameless) && fails(OPEN))) fd = real_openat(dir, path, flags, mode);
    if (fd >= FDS) die("too many open files at", path);
    if (fd >= 0) {
        uint64_t how = existed ? 0 : OPEN_CREATED;
        if (nameless) how = OPEN_NAMELESS;
        if (flags & O_TRUNC) how |= OPEN_TRUNCATED;
        open_ids[fd] = next_id++;
        open_flags[fd] = flags;
        note_path(OP_OPEN, open_ids[fd], how, absolute);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                   \
    int name(const char *path, int flags, ...) {            \
        va_list arguments;                                  \
        va_start(arguments, flags);                         \
        mode_t mode = mode_of(flags, arguments);            \
        va_end(arguments);                                  \
        return do_open(AT_FDCWD, path, flags, mode);        \
    }
#define DEFINE_OPENAT(name)                                 \
    int name(int dir, const char *path, int flags, ...) {   \
        va_list arguments;                                  \
        va_start(arguments, flags);                         \
        mode_t mode = mode_of(flags, arguments);            \
        va_end(arguments);                                  \
        return do_open(dir, path, flags, mode);             \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
    pthread_mutex_lock(&lock);
    forget(fd);
    int result = real_close(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

int closedir(DIR *directory) {
    pthread_mutex_lock(&lock);
    forget(dirfd(directory));
    int result = real_closedir(directory);
    pthread_mutex_unlock(&lock);
    return result;
}

int fclose(FILE *file) {
    pthread_mutex_lock(&lock);
    forget(fileno(file));
    int result = real_fclose(file);
    pthread_mutex_unlock(&lock);
    return result;
}

/* Writes at `offset`, or at the file's own place if that is negative. */
static ssize_t do_write(int fd, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    uint32_t id = id_of(fd);
    ssize_t written;
    if (!id) {
        pthread_mutex_unlock(&lock);
        return offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
    }
    if (fails(WRITE)) {
        written = -1;
        if (fail_short && counts[WRITE] == fail_from && length > 1) {
            length /= 2;
            written = offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
        }
        pthread_mutex_unlock(&lock);
        return written;
    }
    off_t place = offset;
    if (offset < 0) place = lseek(fd, 0, open_flags[fd] & O_APPEND ? SEEK_END : SEEK_CUR);
    written = offset < 0 ? real_write(fd, bytes, length) : real_pwrite(fd, bytes, length, offset);
    if (written > 0) note(OP_WRITE, id, (uint64_t)place, bytes, (size_t)written, "", 0);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) { return do_write(fd, bytes, length, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return do_write(fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return do_write(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    pthread_mutex_lock(&lock);
    uint32_t id = id_of(fd);
    pthread_mutex_unlock(&lock);
    if (!id || count == 0) return real_writev(fd, parts, count);
    /* A short write is allowed: the caller goes on. */
    return do_write(fd, parts[0].iov_base, parts[0].iov_len, -1);
}

#define REFUSE(name, fd)                                               \
    pthread_mutex_lock(&lock);                                         \
    uint32_t id = id_of(fd);                                           \
    pthread_mutex_unlock(&lock);                                       \
    if (id) die(name, "is not followed")

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    REFUSE("pwritev", fd);
    return syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags) {
    REFUSE("copy_file_range", out);
    return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, length, flags);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (!real_mmap) real_mmap = dlsym(RTLD_NEXT, "mmap64");
    if (fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        REFUSE("mmap", fd);
    }
    return real_mmap(address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    return mmap64(address, length, protection, flags, fd, offset);
}

static int do_truncate(int fd, off_t length) {
    pthread_mutex_lock(&lock);
    uint32_t id = id_of(fd);
    int result = id && fails(TRUNCATE) ? -1 : real_ftruncate(fd, length);
    if (id && result == 0) note(OP_TRUNCATE, id, (uint64_t)length, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t length) { return do_truncate(fd, length); }
int ftruncate64(int fd, off_t length) { return do_truncate(fd, length); }

static int do_truncate_path(const char *path, off_t length) {
    char buffer[PATH_MAX];
    if (followed(AT_FDCWD, path, buffer)) die("truncate is not followed:", path);
    return real_truncate(path, length);
}

int truncate(const char *path, off_t length) { return do_truncate_path(path, length); }
int truncate64(const char *path, off_t length) { return do_truncate_path(path, length); }

static int do_fallocate(int fd, int mode, off_t offset, off_t length) {
    pthread_mutex_lock(&lock);
    uint32_t id = id_of(fd);
    int result = id && fails(TRUNCATE) ? -1 : real_fallocate(fd, mode, offset, length);
    struct stat status;
    if (id && result == 0 && !(mode & FALLOC_FL_KEEP_SIZE) && fstat(fd, &status) == 0)
        note(OP_TRUNCATE, id, (uint64_t)status.st_size, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t length) { return do_fallocate(fd, mode, offset, length); }
int fallocate64(int fd, int mode, off_t offset, off_t length) { return do_fallocate(fd, mode, offset, length); }
int posix_fallocate(int fd, off_t offset, off_t length) { return do_fallocate(fd, 0, offset, length) ? errno : 0; }
int posix_fallocate64(int fd, off_t offset, off_t length) { return do_fallocate(fd, 0, offset, length) ? errno : 0; }

static int do_sync(int fd, int (*real)(int)) {
    pthread_mutex_lock(&lock);
    uint32_t id = id_of(fd);
    int result;
    if (!id)
        result = real(fd);
    else if (fails(SYNC))
        result = -1;
    else {
        result = 0;
        note(OP_SYNC, id, 0, "", 0, "", 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return do_sync(fd, real_fsync); }
int fdatasync(int fd) { return do_sync(fd, real_fdatasync); }

/* Promises nothing about power loss. */
int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
    (void)fd, (void)offset, (void)length, (void)flags;
    return 0;
}

static int do_pair(enum class class, enum op op, int from_dir, const char *from, int to_dir, const char *to, int flags) {
    char from_buffer[PATH_MAX], to_buffer[PATH_MAX];
    const char *a = followed(from_dir, from, from_buffer), *b = followed(to_dir, to, to_buffer);
    if (!a != !b) die("a link or rename crosses the border:", from);
    if (!a || is_message_log(a))
        return op == OP_RENAME ? real_renameat(from_dir, from, to_dir, to)
                               : real_linkat(from_dir, from, to_dir, to, flags);
    pthread_mutex_lock(&lock);
    int result = -1;
    if (!fails(class))
        result = op == OP_RENAME ? real_renameat(from_dir, from, to_dir, to)
                                 : real_linkat(from_dir, from, to_dir, to, flags);
    if (result == 0) note(op, 0, 0, a, strlen(a), b, strlen(b));
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) { return do_pair(RENAME, OP_RENAME, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return do_pair(RENAME, OP_RENAME, from_dir, from, to_dir, to, 0);
}
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    if (flags) die("renameat2 with flags is not followed:", from);
    return do_pair(RENAME, OP_RENAME, from_dir, from, to_dir, to, 0);
}
int link(const char *from, const char *to) { return do_pair(LINK, OP_LINK, AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    return do_pair(LINK, OP_LINK, from_dir, from, to_dir, to, flags);
}

static int do_unlink(int dir, const char *path, int flags) {
    char buffer[PATH_MAX];
    const char *absolute = followed(dir, path, buffer);
    if (!absolute || is_message_log(absolute)) return real_unlinkat(dir, path, flags);
    pthread_mutex_lock(&lock);
    int result = fails(UNLINK) ? -1 : real_unlinkat(dir, path, flags);
    if (result == 0) note_path(flags & AT_REMOVEDIR ? OP_RMDIR : OP_UNLINK, 0, 0, absolute);
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return do_unlink(AT_FDCWD, path, 0); }
int unlinkat(int dir, const char *path, int flags) { return do_unlink(dir, path, flags); }
int rmdir(const char *path) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }

static int do_mkdir(int dir, const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    const char *absolute = followed(dir, path, buffer);
    if (!absolute) return real_mkdirat(dir, path, mode);
    pthread_mutex_lock(&lock);
    int result = fails(MKDIR) ? -1 : real_mkdirat(dir, path, mode);
    if (result == 0) note_path(OP_MKDIR, 0, 0, absolute);
    pthread_mutex_unlock(&lock);
    return result;
}

int mkdir(const char *path, mode_t mode) { return do_mkdir(AT_FDCWD, path, mode); }
int mkdirat(int dir, const char *path, mode_t mode) { return do_mkdir(dir, path, mode); }
