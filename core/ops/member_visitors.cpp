#include "core/ops/member_visitors.hpp"

namespace tsb {

Bytes TeeSource::next() {
    const Bytes bytes = source_.next();
    if (!bytes.empty()) {
        writer_.write(bytes);
    }
    return bytes;
}

Bytes MeteredSource::next() {
    const Bytes bytes = source_.next();
    on_bytes_(bytes.size());
    return bytes;
}

void MemberDigester::begin(const TarMember& member) {
    digest_.reset();
    if (member.kind == FileKind::file) {
        member_ = member;
        digest_.emplace(kind_of_(member.path));
    }
}

void MemberDigester::data(Bytes bytes) {
    if (digest_) {
        digest_->update(bytes);
    }
}

void MemberDigester::end() {
    if (digest_) {
        on_file_(member_.path, member_.size, digest_->finish());
        digest_.reset();
    }
}

void VisitorPair::begin(const TarMember& member) {
    first_.begin(member);
    second_.begin(member);
}

void VisitorPair::data(Bytes bytes) {
    first_.data(bytes);
    second_.data(bytes);
}

void VisitorPair::end() {
    first_.end();
    second_.end();
}

}  // namespace tsb
