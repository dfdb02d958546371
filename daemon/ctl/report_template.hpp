// The page of a cluster report without its data: report_page.html, taken in when this is built.
// "{{nonce}}" and "{{report}}" stand for what report_page() puts there.
#pragma once

namespace tsb {

extern const char* const report_template;

}  // namespace tsb
