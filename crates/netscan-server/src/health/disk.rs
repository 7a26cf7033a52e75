//! How much room there is for what scans leave behind.

use std::path::Path;

/// The room for what has yet to be written below `path`, in bytes, and all that there ever was.
/// A path that is not there yet is as roomy as the folder that it will be in.
pub(super) fn room(path: &Path) -> std::io::Result<(u64, u64)> {
    let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let found = rustix::fs::statvfs(there)?;
    Ok((found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_its_parent() {
        let folder = tempfile::tempdir().unwrap();

        let (left, all) = room(&folder.path().join("a/b")).unwrap();

        assert!(0 < left && left <= all, "{left} of {all}");
    }
}
