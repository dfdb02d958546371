// The real file system: what is refused on the way to a file, and what the procedures do.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>

#include "core/base/beneath.hpp"
#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tsb;
using test::TempDir;
namespace stdfs = std::filesystem;

namespace {

/// A directory "root" with things in it and things beside it that links point to.
struct Tree {
    Tree() : root_path(temp.path() / "root") {
        stdfs::create_directories(root_path / "a" / "b");
        stdfs::create_directories(temp.path() / "outside");
        put(temp.path() / "outside" / "secret", "secret");
        put(root_path / "a" / "b" / "file", "inside");
        stdfs::create_directory_symlink(temp.path() / "outside", root_path / "out");
        stdfs::create_directory_symlink("a", root_path / "in");
        stdfs::create_symlink(temp.path() / "outside" / "secret", root_path / "a" / "link");
        root = fs.open_root(root_path);
    }
    static void put(const stdfs::path& path, const std::string& text) {
        std::ofstream(path) << text;
    }

    TempDir temp;
    stdfs::path root_path;
    Fs& fs = real_fs();
    Fd root;
};

std::string fs_refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::io);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a path that leaves its directory is refused by every call") {
    Tree t;
    const int root = t.root.get();
    for (const std::string& path :
         {std::string("../outside/secret"), std::string("a/../../outside/secret"),
          (t.temp.path() / "outside" / "secret").string(), std::string("out/secret"),
          std::string("in/b/file")}) {
        CAPTURE(path);
        CHECK(fs_refusal([&] { t.fs.open_file(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.open_lock_file(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.open_append_file(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.open_directory(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.create_file(root, path + "2", 0600); }) != "");
        CHECK(fs_refusal([&] { t.fs.make_directory(root, path + "2", 0700); }) != "");
        CHECK(fs_refusal([&] { t.fs.make_symlink("x", root, path + "2"); }) != "");
        CHECK(fs_refusal([&] { t.fs.remove_file(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.remove_directory(root, path); }) != "");
        CHECK(fs_refusal([&] { t.fs.rename(root, path, root, "n", RenameMode::replace); }) != "");
        CHECK(fs_refusal([&] { t.fs.rename(root, "a", root, path, RenameMode::replace); }) != "");
        CHECK(fs_refusal([&] { t.fs.status(root, path); }) != "");
    }
    CHECK(stdfs::exists(t.temp.path() / "outside" / "secret"));
    CHECK_FALSE(stdfs::exists(t.temp.path() / "outside" / "secret2"));
}

TEST_CASE("the fallback without openat2 refuses the same and opens the same") {
    Tree t;
    const auto open = [&](const std::string& path, int flags) {
        return open_beneath_by_component(t.root.get(), path, flags, 0600);
    };
    const auto number = [&](const std::string& path, int flags) {
        CHECK_FALSE(open(path, flags));
        return errno;
    };
    CHECK(open("a/b/file", O_RDONLY));
    CHECK(open("a//b/./file", O_RDONLY));
    CHECK(open("a/b/", O_RDONLY | O_DIRECTORY));
    CHECK(open(".", O_RDONLY | O_DIRECTORY));
    CHECK(open("a/b/new", O_WRONLY | O_CREAT | O_EXCL));
    CHECK(number("a/b/new", O_WRONLY | O_CREAT | O_EXCL) == EEXIST);
    CHECK(number("a/none/file", O_RDONLY) == ENOENT);
    CHECK(number("out/secret", O_RDONLY) == ELOOP);
    CHECK(number("in/b/file", O_RDONLY) == ELOOP);
    CHECK(number("a/link", O_RDONLY) == ELOOP);
    CHECK(number("in", O_RDONLY | O_DIRECTORY) == ELOOP);
    CHECK(number("a/..", O_RDONLY | O_DIRECTORY) == EXDEV);
    CHECK(number("/etc", O_RDONLY | O_DIRECTORY) == EXDEV);
    CHECK(number("", O_RDONLY) == EINVAL);
    CHECK(number(std::string("a\0b", 3), O_RDONLY) == EINVAL);
}

TEST_CASE("messages say the path and the cause") {
    Tree t;
    const int root = t.root.get();
    CHECK(fs_refusal([&] { t.fs.open_file(root, "a/link"); }) ==
          "cannot open 'a/link': a symbolic link is in the way");
    CHECK(fs_refusal([&] { t.fs.open_file(root, "../x"); }) ==
          "cannot open '../x': the path leaves its directory");
    CHECK(fs_refusal([&] { t.fs.open_file(root, "none"); }) ==
          "cannot open 'none': No such file or directory");
    CHECK(fs_refusal([&] { t.fs.open_file(root, "a"); }) == "cannot open 'a': not a regular file");
    const Fd read_only = t.fs.open_file(root, "a/b/file");
    CHECK(fs_refusal([&] { t.fs.write(read_only.get(), as_bytes("x")); }) ==
          "cannot write '" + (t.root_path / "a/b/file").string() + "': Bad file descriptor");
}

TEST_CASE("a FIFO in the place of a file neither blocks nor is read") {
    Tree t;
    REQUIRE(::mkfifo((t.root_path / "pipe").c_str(), 0600) == 0);
    CHECK(fs_refusal([&] { t.fs.open_file(t.root.get(), "pipe"); }) ==
          "cannot open 'pipe': not a regular file");
}

TEST_CASE("files are created new, private and closed on exec") {
    Tree t;
    Fd file = t.fs.create_file(t.root.get(), "a/new", 0600);
    CHECK((::fcntl(file.get(), F_GETFD) & FD_CLOEXEC) != 0);
    write_all(t.fs, file.get(), as_bytes("text"), "a/new");
    t.fs.sync(file.get());
    t.fs.close(std::move(file));
    CHECK_FALSE(file);
    const auto status = t.fs.status(t.root.get(), "a/new");
    REQUIRE(status);
    CHECK(status->kind == FileKind::file);
    CHECK(status->mode == 0600);
    CHECK(status->size == 4);
    CHECK(fs_refusal([&] { t.fs.create_file(t.root.get(), "a/new", 0600); }) ==
          "cannot create 'a/new': File exists");
    CHECK(read_whole_file(t.fs, t.root.get(), "a/new", 4) == "text");
}

TEST_CASE("a failing close is reported") {
    CHECK(fs_refusal([] { real_fs().close(Fd(1000000)); }) ==
          "cannot close 'file descriptor 1000000': Bad file descriptor");
}

TEST_CASE("appending keeps what is there") {
    Tree t;
    for (const char* line : {"one\n", "two\n"}) {
        const Fd file = t.fs.open_append_file(t.root.get(), "log");
        write_all(t.fs, file.get(), as_bytes(line), "log");
    }
    CHECK(read_whole_file(t.fs, t.root.get(), "log", 100) == "one\ntwo\n");
}

TEST_CASE("a file longer than the limit is not read") {
    Tree t;
    CHECK(read_whole_file(t.fs, t.root.get(), "a/b/file", 6) == "inside");
    try {
        read_whole_file(t.fs, t.root.get(), "a/b/file", 5);
        FAIL("read");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::damaged);
    }
}

TEST_CASE("status looks at a link itself and has nothing for what is missing") {
    Tree t;
    const int root = t.root.get();
    CHECK(t.fs.status(root, "a/link")->kind == FileKind::symlink);
    CHECK(t.fs.status(root, "in")->kind == FileKind::symlink);
    CHECK(t.fs.status(root, "a")->kind == FileKind::directory);
    CHECK(t.fs.status(root, ".")->kind == FileKind::directory);
    CHECK_FALSE(t.fs.status(root, "none"));
    CHECK_FALSE(t.fs.status(root, "none/deeper"));
}

TEST_CASE("rename can refuse to replace") {
    Tree t;
    const int root = t.root.get();
    t.fs.make_directory(root, "x", 0700);
    t.fs.make_directory(root, "y", 0700);
    CHECK(fs_refusal([&] { t.fs.rename(root, "x", root, "y", RenameMode::no_replace); }) ==
          "cannot rename 'x': File exists");
    t.fs.rename(root, "x", root, "a/z", RenameMode::no_replace);
    CHECK(t.fs.status(root, "a/z"));
    CHECK_FALSE(t.fs.status(root, "x"));
}

TEST_CASE("entries are sorted and can be listed again from the same descriptor") {
    Tree t;
    const std::vector<std::string> expected = {"a", "in", "out"};
    CHECK(t.fs.entries(t.root.get()) == expected);
    CHECK(t.fs.entries(t.root.get()) == expected);
}

TEST_CASE("locks conflict between descriptors and end with them") {
    Tree t;
    Fd first = t.fs.open_lock_file(t.root.get(), "lock");
    const Fd second = t.fs.open_lock_file(t.root.get(), "lock");
    CHECK(t.fs.try_lock(first.get(), LockKind::shared));
    CHECK(t.fs.try_lock(second.get(), LockKind::shared));
    CHECK_FALSE(t.fs.try_lock(second.get(), LockKind::exclusive));
    first.reset();
    CHECK(t.fs.try_lock(second.get(), LockKind::exclusive));
}

TEST_CASE("removing a tree follows no link and takes what is missing as done") {
    Tree t;
    remove_tree(t.fs, t.root.get(), "a");
    remove_tree(t.fs, t.root.get(), "out");
    remove_tree(t.fs, t.root.get(), "none");
    CHECK(t.fs.entries(t.root.get()) == std::vector<std::string>{"in"});
    CHECK(stdfs::exists(t.temp.path() / "outside" / "secret"));
}
