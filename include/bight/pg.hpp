// bight::pg: PostgreSQL.
#pragma once

// Connecting
#include <bight/pg/connection.hpp>  // connect, connection: queries, transactions, streams, COPY
#include <bight/pg/options.hpp>     // options: where the server is and how to connect
#include <bight/pg/pool.hpp>        // pool: connections to one database, for many tasks

// Queries
#include <bight/pg/copy.hpp>          // copy_in, copy_out, copy_rows: COPY
#include <bight/pg/cursor.hpp>        // cursor: the rows of a query, with other calls in between
#include <bight/pg/listener.hpp>      // listener: LISTEN and NOTIFY
#include <bight/pg/pipeline.hpp>      // pipeline: statements that are sent together
#include <bight/pg/query.hpp>         // query: a statement, with what belongs to one call of it
#include <bight/pg/query_record.hpp>  // query_record: what a call did, for logs and metrics
#include <bight/pg/result.hpp>        // result: the rows that a query returned
#include <bight/pg/row.hpp>           // row_view, row, field_view: a row of a result
#include <bight/pg/row_stream.hpp>    // row_stream: the rows of a query, in batches
#include <bight/pg/transaction.hpp>   // transaction: BEGIN, COMMIT and ROLLBACK, and savepoints

// Errors
#include <bight/pg/error.hpp>     // error, errc: what can go wrong
#include <bight/pg/sqlstate.hpp>  // sqlstate: the error codes of PostgreSQL

// Values and their types
#include <bight/pg/array.hpp>        // array: dimensions and lower bounds
#include <bight/pg/codec.hpp>        // codec<T>: how C++ types are transferred
#include <bight/pg/data_type.hpp>    // data_type, type_catalog: the server's types
#include <bight/pg/range.hpp>        // range, multirange
#include <bight/pg/types.hpp>        // interval, time_of_day, maybe_infinite, inet, cidr, macaddr
#include <bight/pg/value_codec.hpp>  // codecs of your own
#include <bight/pg/value_io.hpp>     // value_reader, value_writer, codec_error
