// One statement: prepared if necessary, run, and its answer taken apart.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/detail/parameter.hpp>
#include <bight/pg/detail/row_sink.hpp>
#include <bight/pg/error.hpp>
#include <bight/pg/query.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pg/session/session.hpp"

namespace bight::pg::detail {

using statement_ptr = std::shared_ptr<const statement>;

/// Takes the answer to Bind, Execute (and what precedes them) up to ReadyForQuery, or to a Query message.
class query_reply : public reply {
 public:
  /// `layout`: of the statement, if it is known. `sink` null: rows are counted only.
  query_reply(session& s, std::string_view name, std::shared_ptr<const row_layout> layout, row_sink* sink);

  bool take(const wire::event& e) override;
  /// Begins with the layout that is known. Errors: those of the sink.
  void begin();
  /// Throws what the server reported, or what the sink threw.
  void rethrow() const;
  const std::optional<error>& problem() const noexcept { return problem_; }
  completion& done() noexcept { return done_; }
  std::uint64_t rows() const noexcept { return rows_; }
  void drop_rows() noexcept { sink_ = nullptr; }

 private:
  void take_row(std::string_view body);
  void take_columns(std::string_view body);
  void refuse_copy(bool in);
  template <class F>
  void guarded(F&& f) noexcept;

  session* session_;
  std::string_view name_;
  std::shared_ptr<const row_layout> layout_;
  row_sink* sink_;
  std::size_t columns_;
  std::uint64_t rows_ = 0;
  completion done_;
  std::optional<error> problem_;
  std::exception_ptr thrown_;
};

/// The statement of `q`: kept, or prepared now. Precondition: the session is in a call.
awaitable<statement_ptr> prepare(session& s, const query& q);
/// Same, but never kept: what the server says now. Precondition: same.
awaitable<statement_ptr> prepare_anew(session& s, const query& q);
/// Appends Bind. Errors: errc::wrong_parameter; nothing has been appended then.
void append_bind(session& s, const statement& st, std::string_view portal,
                 std::span<const parameter> parameters);
/// Appends Bind and Execute, of the unnamed portal. Errors: same.
void append_bind_execute(session& s, const statement& st, std::span<const parameter> parameters,
                         std::uint32_t max_rows);
void expect_bind_execute(session& s);
/// Whether statements are not prepared.
bool one_shot(const session& s) noexcept;
/// Appends Parse, Bind, Describe and Execute, with the types that the arguments have. Errors: as for
/// append_bind_execute.
void append_one_shot(session& s, const query& q, std::span<const parameter> parameters,
                     std::uint32_t max_rows);
void expect_one_shot(session& s);
/// Same, without Execute, for a portal with a name; also expects the answers.
void append_one_shot_bind(session& s, const query& q, std::string_view portal,
                          std::span<const parameter> parameters);
/// Appends Close for portals that are not used any more.
void append_portal_closes(session& s);
void append_sync(session& s);
/// What a server says about a statement that it has forgotten, or whose result has changed.
bool is_stale(const error& e) noexcept;
/// Forgets what an error of a statement shows to be out of date: that statement, those of all connections of
/// the pool, or also the types.
void forget_stale(session& s, std::string_view sql, const error& e);
/// A layout of columns as the server describes them. Types that are not known become null: see `learn_types`.
std::shared_ptr<const row_layout> make_layout(const std::shared_ptr<type_catalog>& types,
                                              const std::vector<wire::column_description>& columns,
                                              bool use_described_format);
void throw_if_null_byte(std::string_view sql);

/// Runs a statement with parameters. `max_rows` 0: all.
awaitable<completion> run_query(session_ptr s, const query& q, std::span<const parameter> parameters,
                                row_sink* sink, std::uint32_t max_rows);
/// Runs statements without parameters by the simple protocol; rows are dropped.
awaitable<completion> run_script(session_ptr s, const query& q);

/// The time limit of a call.
clock::duration time_for(const session& s, const query& q) noexcept;

/// Reports a call to options::on_query.
class query_log {
 public:
  query_log(const session& s, const query& q);
  query_log(const query_log&) = delete;
  query_log& operator=(const query_log&) = delete;
  /// Reports a cancellation unless `ended` or `failed` was called.
  ~query_log();
  void ended(std::uint64_t rows) noexcept;
  void failed(const std::exception& e) noexcept;

 private:
  void report(std::uint64_t rows, const boost::system::error_code& code) noexcept;
  const session* session_;
  const query* query_;
  clock::time_point began_{};
  bool wanted_;
};

}  // namespace bight::pg::detail
