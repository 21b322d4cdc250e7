"""Look at a lake's answers: one page that shows why, and takes corrections that teach."""

import argparse

from entity_extract.catalog.files import catalog_frame
from entity_extract.commands.checked import bundle_of
from entity_extract.commands.outputs import check_file
from entity_extract.commands.running import config_of
from entity_extract.review.acceptance import acceptance_text, write_accepted
from entity_extract.review.command import Asked, review_of
from entity_extract.review.label_studio import took_over, write_tasks
from entity_extract.review.serve import serving, until_a_signal, write_page
from entity_extract.review.store import CorrectionStore, stored


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    for option, path, ending in (
        ("--out", args.out, ".html"),
        ("--accepted", args.accepted, ".csv"),
        ("--to-label-studio", args.to_label_studio, ".json"),
        ("--corrections", args.corrections, ".csv"),
    ):
        if path is not None:
            check_file(option, path, (ending,))
    bundle = bundle_of(args, config)
    catalog = (
        None
        if args.catalog is None
        else catalog_frame(args.catalog, config.catalog, entities=config.domain.entity_names)
    )
    if args.from_label_studio is not None:
        print(took_over(args.from_label_studio, args.corrections, config.domain))
    said = {one.id: one.entity_value for one in stored(args.corrections)}
    asked = Asked(args.order, args.entity, args.category, args.status)
    review = review_of(args.lake, bundle, config, asked, corrections=said, catalog=catalog)
    print(acceptance_text(review.acceptance))
    if args.accepted is not None:
        print(f"accepted: {write_accepted(review.answers, args.accepted):,} rows, {args.accepted}")
    if args.to_label_studio is not None:
        beside = write_tasks(review.rows, args.to_label_studio, config.domain)
        print(f"tasks: {args.to_label_studio}, labelling interface: {beside}")
    if args.out is not None:
        write_page(review, args.out, args.corrections, config)
        print(f"page: {args.out}")
    if not (args.serve or args.out or args.to_label_studio or args.accepted):
        print(
            "to look at them: --serve, in a browser, or --out review.html, one page to hand round"
        )
    if args.serve:
        with (
            CorrectionStore(args.corrections) as store,
            serving(review, store, config, port=args.port) as url,
        ):
            until_a_signal(lambda: print(f"serving  {url}  (Ctrl-C ends it)", flush=True))
            print(f"{len(store.all()):,} corrections: {store.path}, {store.parquet}")
