// small_mount FOLDER: mounts a file system of 1 MiB and 64 inodes there, for itself alone, with a folder `rw`
// and a read-only view `ro` of that. Prints "mounted PID", and stays until it is killed: others find it below
// /proc/PID/root/FOLDER. Prints "forbidden: WHY" where the system allows no user namespaces.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

bool put(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool all = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return all;
}

// Root of a namespace of its own. What it may do there it may do to nobody else.
bool enter_namespaces() {
  const auto user = std::to_string(::getuid());
  const auto group = std::to_string(::getgid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/setgroups", "deny") &&
         put("/proc/self/uid_map", "0 " + user + " 1") && put("/proc/self/gid_map", "0 " + group + " 1") &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_at(const std::string& folder) {
  const auto rw = folder + "/rw";
  const auto ro = folder + "/ro";
  return ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=64") == 0 &&
         ::mkdir(rw.c_str(), 0700) == 0 && ::mkdir(ro.c_str(), 0700) == 0 &&
         ::mount(rw.c_str(), ro.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(nullptr, ro.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV,
                 nullptr) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (enter_namespaces() && mount_at(arguments[1]))
    std::printf("mounted %d\n", static_cast<int>(::getpid()));
  else
    std::printf("forbidden: %s\n", std::strerror(errno));
  std::fflush(stdout);
  while (true) ::pause();
}
