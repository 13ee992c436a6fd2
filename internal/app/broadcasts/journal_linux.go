package broadcasts

import (
	"os"
	"strings"
	"syscall"
)

// bootID names the time since the machine was started: what was written to a file and not
// to the disk is there as long as that lasts.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// lockFile takes a file for this process alone; the kernel lets go of it when the process
// ends, however it does.
func lockFile(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// mapFile gives a file a size, with room on the disk for it, and maps it into memory.
func mapFile(f *os.File, size int) ([]byte, bool) {
	if syscall.Fallocate(int(f.Fd()), 0, 0, int64(size)) != nil {
		return nil, false
	}
	room, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return room, err == nil
}

func unmapFile(room []byte) {
	if room != nil {
		_ = syscall.Munmap(room)
	}
}
