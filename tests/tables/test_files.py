"""Files: quotes, sheets, features, and files that are not what they are called."""

import json
import shutil
import sqlite3
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPoint, Point, mapping

from placement.errors import InputError
from placement.study import read_study
from placement.tables import read_frame, read_tables, wgs84_to_gcj02
from placement.tables.csv_file import read_csv
from tests.effort import cases

openpyxl = pytest.importorskip("openpyxl", reason="the extra [excel] is not installed")


def csv_fault(folder, text, encoding=None):
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(InputError) as caught:
        read_csv("t", path, encoding)
    return [f"{fault.row}: {fault.problem}" for fault in caught.value.faults]


NEVER = "a quote opens here and never closes"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('a,b,c\n1,2,"x\n3,4,y\n5,6,z\n', f"row 2: {NEVER}"),
        ('a,b,c\n1,2,x\n3,"4,y\n5,6,z\n', f"row 3: {NEVER}"),
        ('a,b,"c\n1,2,x\n', f"row 1: {NEVER}"),
        ('a,b,c\n1,"two\nlines","x\n3,4,y\n', f"row 3: {NEVER}"),
        ('a,b,c\r\n1,2,x\r\n3,4,"y\r\n5,6,z', f"row 3: {NEVER}"),
        ('a,b,c\n1,2,"x\n3,4,y"\n5,6,z\n', "row 2: a quote opens here and closes 1 lines further on, with whole rows"),
        ('a,b,c\n1,2,"x\n3,4,y\n5,6,"z"\n', "row 2: a quote opens here and closes 2 lines further on with text behind"),
        ('a,b,c\n1,2,x "y" z\n', "row 2: a quote stands in the middle of a field ('x \"y\" z')"),
        ('a,b,c\n1,2,5"\n3,4,y\n', "row 2: a quote stands in the middle of a field ('5\"')"),
        ('a,b,c\n1,2,"x" y\n', "row 2: a quote opens here and closes with text behind it"),
        ('a,b,c\n1, "2",x\n', 'row 2: a quote stands in the middle of a field (\' "2"'),
    ],
)
def test_quotes_that_do_not_fit_are_named_by_their_line(tmp_path, text, fault):
    found = csv_fault(tmp_path, text)
    assert found[0].startswith(fault), found


def test_rows_keep_the_line_of_the_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n\n1,"two\nlines"\n , \n2,"said ""so"""\n', encoding="utf-8")
    frame = read_csv("t", path, None)
    assert frame.to_dict("index") == {3: {"a": "1", "b": "two\nlines"}, 6: {"a": "2", "b": 'said "so"'}}


@settings(deadline=None, max_examples=cases(200))
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from(list('ab,"\n ;1é')), max_size=6), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_what_the_csv_module_writes_is_read_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    wanted = [row for row in rows if any(cell.strip() for cell in row)]
    pd.DataFrame(rows, columns=["x", "y", "z"]).to_csv(path, index=False, lineterminator="\n", quoting=1)
    swallowing = [
        cell for row in wanted for cell in row if cell.count("\n") and cell.count(",") == 2 * cell.count("\n")
    ]
    if swallowing:  # such a cell cannot be told from rows that a quote swallowed
        return
    assert read_csv("t", path, None).to_numpy().tolist() == wanted


@pytest.mark.parametrize("line", range(2, 10))
@pytest.mark.parametrize("column", ["name", "host", "closes"])
def test_an_open_quote_anywhere_in_a_table_is_a_fault_at_its_line(spoiled, line, column):
    path = spoiled.folder / "candidates.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index(column)
    cells = lines[line - 1].split(",")
    cells[place] = '"' + cells[place]
    lines[line - 1] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert spoiled.only_fault().startswith(f"candidates [row {line}]: {NEVER}")


def test_columns_without_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,\n1,2,\n", encoding="utf-8")
    assert list(read_csv("t", path, None).columns) == ["a", "b"]
    assert csv_fault(tmp_path, "a,b,\n1,2,x\n") == [": column 3 has no name"]


def test_sizes_are_refused_before_work(tmp_path):
    wide = ",".join(f"c{i}" for i in range(2000))
    assert csv_fault(tmp_path, wide + "\n" + wide + "\n") == [": has 2,000 columns; 1,000 are read at most"]
    assert csv_fault(tmp_path, f"a,b\n1,{'x' * 40_000}\n") == ["row 2: has a cell of more than 32,767 characters"]
    assert csv_fault(tmp_path, f'a,b\n1,"{"x" * 200_000}"\n')[0].startswith("row 2: a row of more than 131,072")


# Excel


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def sheet_of(spoiled, table="stations"):
    frame = spoiled.frame(table)
    return [list(frame.columns), *frame.to_numpy().tolist()]


def as_workbook(spoiled, rows, table="stations", **more):
    workbook(spoiled.folder / f"{table}.xlsx", **{table: rows}, **more)
    spoiled.setting(f'"{table}.csv"', f'"{table}.xlsx"')


def test_several_sheets_with_content_are_named(spoiled):
    as_workbook(spoiled, sheet_of(spoiled), old=[["site_id"], ["S9"]], empty=[])
    assert spoiled.only_fault() == (
        "stations: stations.xlsx has the sheets stations, old "
        '-> name one: stations = {path = "stations.xlsx", layer = "stations"}'
    )
    spoiled.setting('"stations.xlsx", ', '"stations.xlsx", layer = "stations", ')
    assert read_tables(read_study(spoiled.folder)).sites.table["existing"].sum() == 4
    spoiled.setting('layer = "stations"', 'layer = "Stations"')
    assert spoiled.only_fault() == "stations: stations.xlsx has no sheet 'Stations' -> it has: stations, old, empty"


def test_one_sheet_beside_empty_ones_is_read(spoiled):
    before = read_tables(read_study(spoiled.folder)).sites.table
    as_workbook(spoiled, sheet_of(spoiled), Sheet2=[], Sheet3=[[None, ""]])
    assert read_tables(read_study(spoiled.folder)).sites.table.equals(before)


def test_blank_rows_are_left_out_and_row_numbers_stay(spoiled):
    rows = sheet_of(spoiled, "survey")
    rows[2:2] = [[None] * 5, ["", " ", None, None, None]]
    rows[4][2] = "many"
    as_workbook(spoiled, rows, "survey")
    assert spoiled.only_fault().startswith("survey [row 5]: asked is not a number ('many')")


def test_doubled_columns_and_stray_cells_of_a_sheet(spoiled):
    rows = sheet_of(spoiled)
    rows[0].append("name")
    as_workbook(spoiled, [[*row, "x"][: len(rows[0])] for row in rows])
    assert spoiled.only_fault() == "stations: column 'name' stands twice -> remove one"
    rows = sheet_of(spoiled)
    rows[2].append("stray")
    workbook(spoiled.folder / "stations.xlsx", stations=rows)
    assert spoiled.only_fault().startswith("stations [row 3]: has 10 fields, the header 9")


def test_errors_and_formulas_without_a_value(spoiled):
    rows = sheet_of(spoiled)
    rows[1][rows[0].index("host")] = "#N/A"
    rows[2][rows[0].index("machines")] = "=1+1"
    as_workbook(spoiled, rows)
    assert [fault.split(" ->")[0] for fault in spoiled.faults()] == [
        "stations [row 2]: shows #N/A",
        "stations [row 3]: the formula =1+1 has no value",
    ]


def test_numbers_beyond_what_excel_keeps(spoiled):
    rows = sheet_of(spoiled)
    rows[1][0] = 420102199001011234
    as_workbook(spoiled, rows)
    assert spoiled.only_fault().startswith("stations [row 2]: holds 420102199001011")
    assert "of which Excel keeps 15 digits -> format the column as text" in spoiled.only_fault()


def test_cells_are_read_as_they_are_shown(spoiled):
    import datetime as dt

    rows = sheet_of(spoiled)
    header = rows[0]
    rows[1][header.index("site_id")] = 7.0
    rows[1][header.index("opens")] = dt.time(8, 0)
    rows[1][header.index("closes")] = dt.timedelta(days=1)
    rows[1][header.index("machines")] = 1.0
    as_workbook(spoiled, rows)
    sites = read_tables(read_study(spoiled.folder)).sites.table
    assert sites.loc["7", ["opens_min", "closes_min", "machines"]].tolist() == [480, 1440, 1]


def test_a_workbook_that_unpacks_to_more_than_a_table(spoiled, tmp_path):
    as_workbook(spoiled, sheet_of(spoiled))
    path = spoiled.folder / "stations.xlsx"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/media/big.bin", "w") as part:
        for _ in range(31):
            part.write(bytes(10_000_000))
    assert "stations.xlsx unpacks to 310," in spoiled.only_fault()


def test_a_workbook_with_entities(spoiled):
    as_workbook(spoiled, sheet_of(spoiled))
    path, copy = spoiled.folder / "stations.xlsx", spoiled.folder / "copy.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename.startswith("xl/worksheets"):
                text = b'<!DOCTYPE x [<!ENTITY a "b">]>' + text
            new.writestr(part, text)
    shutil.move(copy, path)
    assert "stations.xlsx declares entities in xl/worksheets/sheet1.xml" in spoiled.only_fault()


# GeoJSON and layers


def layer(spoiled, table="stations"):
    raw = spoiled.frame(table)
    points = gpd.points_from_xy(raw["lon"].astype(float), raw["lat"].astype(float))
    return gpd.GeoDataFrame(raw.drop(columns=["lon", "lat"]), geometry=points, crs="EPSG:4326")


def features(spoiled, change=None):
    frame = layer(spoiled)
    found = []
    for number, row in enumerate(frame.itertuples(index=False)):
        properties = {name: getattr(row, name) for name in frame.columns if name != "geometry"}
        found.append({"type": "Feature", "properties": properties, "geometry": mapping(row.geometry)})
        if change is not None:
            change(number, found[-1])
    return {"type": "FeatureCollection", "features": found}


def as_geojson(spoiled, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (spoiled.folder / "stations.geojson").write_text(text, encoding="utf-8")
    if '"stations.csv"' in spoiled.toml.read_text(encoding="utf-8"):
        spoiled.setting('"stations.csv"', '"stations.geojson"')


def test_lists_of_services(spoiled):
    spoiled.setting("general = 0.3\nelderly = 0.5", "general = {id = 0.1, tax = 0.2}\nelderly = {id = 0.4, tax = 0.1}")
    given = [["id"], ["id", "tax"], [], "id; tax"]

    def change(number, feature):
        feature["properties"]["services"] = given[number]

    as_geojson(spoiled, features(spoiled, change))
    services = read_tables(read_study(spoiled.folder)).sites.table["services"]
    assert services.tolist()[:4] == [("id",), ("id", "tax"), (), ("id", "tax")]


@pytest.mark.parametrize("value", [{"id": True}, [["id"]], [{"a": 1}]])
def test_nested_services_are_a_fault(spoiled, value):
    def change(number, feature):
        feature["properties"]["services"] = value if number == 1 else "id"

    as_geojson(spoiled, features(spoiled, change))
    assert spoiled.only_fault().startswith("stations [S01]: services is no list of names")


@pytest.mark.parametrize("column", ["name", "host", "machines", "opens", "site_id"])
@pytest.mark.parametrize("value", [["a"], {"a": 1}])
def test_lists_and_objects_elsewhere_are_a_fault(spoiled, column, value):
    def change(number, feature):
        if number == 1:
            feature["properties"][column] = value

    as_geojson(spoiled, features(spoiled, change))
    assert any(fault.startswith("stations [") and column in fault for fault in spoiled.faults())


def test_missing_empty_many_and_high_points(spoiled):
    shapes = [
        None,
        MultiPoint([(117.004, 30.556)]),
        MultiPoint([(117.004, 30.556), (117, 30.5)]),
        Point(117.004, 30.556, 9),
    ]

    def change(number, feature):
        feature["geometry"] = None if shapes[number] is None else mapping(shapes[number])

    as_geojson(spoiled, features(spoiled, change))
    assert [fault.split(" ->")[0] for fault in spoiled.faults()] == [
        "stations [S00]: geometry is empty",
        "stations [S02]: geometry is not a point",
    ]
    shapes[0] = shapes[2] = Point(117.004, 30.556)
    as_geojson(spoiled, features(spoiled, change))
    table = read_tables(read_study(spoiled.folder)).sites.table
    assert not table.geometry.has_z.any()
    assert len(set(table.geometry.iloc[:4].to_wkt())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        '{"type": "Topology", "objects": {}}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": NaN}, "geometry": null}]}',
        '{"type": "FeatureCollection", "features": [{"a": 1, "a": 2}]}',
        '{"type": "FeatureCollection", "features": [7]}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point"}}]}',
        "[" * 100_000,
        '{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "nowhere"}}}',
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read stations.csv"}',
        "<OGRVRTDataSource/>",
        '{"n": ' + "9" * 5000 + "}",
    ],
)
def test_other_json_is_a_fault(spoiled, text):
    as_geojson(spoiled, text)
    assert spoiled.only_fault().startswith("stations")


def test_a_layer_in_another_crs_says_so(spoiled):
    expected = read_tables(read_study(spoiled.folder)).sites.table.geometry
    content = json.loads(layer(spoiled).to_crs("EPSG:32650").to_json())
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32650"}}
    as_geojson(spoiled, content)
    assert read_tables(read_study(spoiled.folder)).sites.table.geometry.geom_equals_exact(expected, 1e-3).all()


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "shp", "parquet"])
def test_shifted_degrees_of_a_layer_are_brought_back(spoiled, suffix):
    expected = read_tables(read_study(spoiled.folder)).sites.table.geometry.iloc[:4]
    frame = layer(spoiled)
    lon, lat = wgs84_to_gcj02(frame.geometry.x, frame.geometry.y)
    frame = frame.set_geometry(gpd.points_from_xy(lon, lat, crs="EPSG:4326"))
    path = spoiled.folder / f"stations.{suffix}"
    if suffix == "shp":
        frame = frame.rename(columns={"max_machines": "max_mach"})
    frame.to_parquet(path) if suffix == "parquet" else frame.to_file(path)
    columns = ', columns = {max_machines = "max_mach"}' if suffix == "shp" else ""
    spoiled.setting('"stations.csv", ', f'"stations.{suffix}", coordinates = "gcj02"{columns}, ')
    tables = read_tables(read_study(spoiled.folder))
    moved = tables.sites.table.geometry.iloc[:4]
    assert moved.distance(expected).max() < 0.01
    assert tables.ignored == ()


def test_shifted_degrees_go_with_no_other_crs(spoiled):
    layer(spoiled).to_crs("EPSG:32650").to_file(spoiled.folder / "stations.gpkg")
    spoiled.setting('"stations.csv", ', '"stations.gpkg", coordinates = "gcj02", ')
    assert spoiled.only_fault().startswith(
        'stations: coordinates = "gcj02" goes with degrees, but its CRS is EPSG:32650'
    )


VRT = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("suffix", ["geojson", "json", "gpkg", "fgb", "shp", "parquet", "csv", "xlsx"])
def test_a_file_that_points_to_another_is_refused_whatever_its_name(spoiled, tmp_path, suffix):
    secret = tmp_path / "secret.gpkg"
    layer(spoiled).to_file(secret)
    (spoiled.folder / f"stations.{suffix}").write_text(VRT.format(secret), encoding="utf-8")
    spoiled.setting('"stations.csv"', f'"stations.{suffix}"')
    assert all(fault.startswith("stations") for fault in spoiled.faults())


@pytest.mark.parametrize("sign", [b"fgb\x03fgb\x01", b"fgb\x03fgb\x00", b"SQLite format 3\x00", b"\x00\x00\x27\x0a"])
def test_a_file_of_two_kinds_is_refused(spoiled, tmp_path, sign):
    secret = tmp_path / "secret.gpkg"
    layer(spoiled).to_file(secret)
    suffix = {b"fg": "fgb", b"SQ": "gpkg"}.get(sign[:2], "shp")
    (spoiled.folder / f"stations.{suffix}").write_bytes(sign + VRT.format(secret).encode())
    spoiled.setting('"stations.csv"', f'"stations.{suffix}"')
    assert spoiled.only_fault().startswith("stations: ")


def test_a_raster_that_points_to_another_is_refused(spoiled):
    layer(spoiled).to_file(spoiled.folder / "areas.gpkg")
    (spoiled.folder / "people.tif").write_text('<VRTDataset rasterXSize="1" rasterYSize="1"/>', encoding="utf-8")
    spoiled.setting('population = {path = "population.csv", simulated = true}', 'population = "people.tif"')
    spoiled.setting("[demand]", 'districts = "areas.gpkg"\n[demand]')
    assert any(fault.startswith("population: people.tif is not a tif file inside") for fault in spoiled.faults())


def test_views_are_not_read(spoiled):
    path = spoiled.folder / "stations.gpkg"
    layer(spoiled).to_file(path, layer="places")
    with sqlite3.connect(path) as base:
        base.execute("CREATE VIEW v AS SELECT * FROM places")
        base.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'attributes', 'v')")
    base.close()
    spoiled.setting('"stations.csv", ', '"stations.gpkg", layer = "v", ')
    assert "the layer v of stations.gpkg is a view" in spoiled.only_fault()


def test_a_view_by_the_name_of_a_layer_in_another_case(spoiled):
    path = spoiled.folder / "stations.gpkg"
    layer(spoiled).to_file(path, layer="places")
    with sqlite3.connect(path) as base:
        base.execute("DROP TABLE places")
        base.execute(
            "CREATE VIEW PLACES AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
            "SELECT x AS fid FROM r"
        )
    base.close()
    spoiled.setting('"stations.csv"', '"stations.gpkg"')
    assert "the layer places of stations.gpkg is a view" in spoiled.only_fault()


def test_computed_columns_are_not_read(spoiled):
    path = spoiled.folder / "stations.gpkg"
    layer(spoiled).to_file(path, layer="places")
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE places ADD COLUMN g TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL")
    base.close()
    spoiled.setting('"stations.csv"', '"stations.gpkg"')
    assert "the layer places of stations.gpkg has computed columns" in spoiled.only_fault()


def test_a_geopackage_that_a_program_still_writes_to_is_left_as_it_is(spoiled):
    path = spoiled.folder / "stations.gpkg"
    layer(spoiled).to_file(path)
    (spoiled.folder / "stations.gpkg-wal").write_bytes(b"changes")
    before = path.read_bytes()
    spoiled.setting('"stations.csv"', '"stations.gpkg"')
    assert "stations.gpkg has changes that are not written yet (stations.gpkg-wal)" in spoiled.only_fault()
    assert path.read_bytes() == before
    (spoiled.folder / "stations.gpkg-wal").write_bytes(b"")
    assert read_tables(read_study(spoiled.folder)).sites.table.shape[0] > 0


def test_layers_of_another_datum_to_which_no_way_is_known(spoiled):
    """Without their parameters PROJ takes Beijing 1954 and Xi'an 1980 for WGS-84, up to 100 m off."""
    frame = spoiled.frame("stations")
    points = gpd.points_from_xy(frame.pop("lon").astype(float), frame.pop("lat").astype(float), crs="EPSG:4326")
    layer = gpd.GeoDataFrame(frame, geometry=points)
    spoiled.setting("stations.csv", "stations.gpkg")
    for crs in ("EPSG:4214", "EPSG:4610"):
        layer.set_crs(crs, allow_override=True).to_file(spoiled.folder / "stations.gpkg")
        assert "is of another datum" in spoiled.only_fault()
    layer.to_crs("EPSG:4490").to_file(spoiled.folder / "stations.gpkg")
    read_tables(read_study(spoiled.folder))


LOCAL = 'LOCAL_CS["site",LOCAL_DATUM["site",0],UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'


@pytest.mark.parametrize("crs", [LOCAL, "IAU_2015:30100"])
def test_a_crs_from_which_no_way_leads_to_degrees(spoiled, crs):
    layer(spoiled).set_crs(crs, allow_override=True).to_parquet(spoiled.folder / "stations.parquet")
    spoiled.setting('"stations.csv"', '"stations.parquet"')
    assert "does not say where on earth it lies" in spoiled.only_fault()


def test_categories_of_parquet_are_what_they_name(spoiled):
    frame = layer(spoiled)
    plain = read_tables(read_study(spoiled.folder)).sites.table
    frame["machines"] = frame["machines"].astype(int)
    named = [name for name in frame.columns if name != "geometry"]
    frame.astype(dict.fromkeys(named, "category")).to_parquet(spoiled.folder / "stations.parquet")
    spoiled.setting('"stations.csv"', '"stations.parquet"')
    found = read_tables(read_study(spoiled.folder)).sites.table
    assert found.drop(columns="geometry").equals(plain.drop(columns="geometry"))


def test_a_parquet_file_that_unpacks_to_more_than_a_table(tmp_path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = 3_000_000
    codes = pa.array(np.zeros(rows, dtype=np.int32))
    parquet.write_table(
        pa.table({"name": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 2000]))}), tmp_path / "t.parquet"
    )
    with pytest.raises(InputError, match=r"unpacks to more than 4,000,000,000 bytes"):
        read_frame("t", tmp_path / "t.parquet")


def test_texts_of_a_shapefile_whose_encoding_nobody_tells(spoiled):
    frame = layer(spoiled)[["site_id", "name", "geometry"]]
    path = spoiled.folder / "stations.shp"
    frame.assign(name="Toy").to_file(path)
    (spoiled.folder / "stations.cpg").unlink()
    assert set(read_frame("stations", path)["name"]) == {"Toy"}
    frame.assign(name="汉口").to_file(path, encoding="gbk")
    assert set(read_frame("stations", path)["name"]) == {"汉口"}
    (spoiled.folder / "stations.cpg").write_text("UTF-8")
    with pytest.raises(InputError, match=r"holds texts that are not utf-8 .*encoding = \"gb18030\""):
        read_frame("stations", path)
    (spoiled.folder / "stations.cpg").unlink()
    with pytest.raises(InputError, match="does not say in which encoding its texts are"):
        read_frame("stations", path)
    assert set(read_frame("stations", path, encoding="gb18030")["name"]) == {"汉口"}


def test_names_that_gdal_takes_for_archives(spoiled):
    layer(spoiled).to_file(spoiled.folder / "stations.gpkg")
    (spoiled.folder / "stations.gpkg").rename(spoiled.folder / "a.zip!b.gpkg")
    spoiled.setting('"stations.csv"', '"a.zip!b.gpkg"')
    assert "would be taken for an archive" in spoiled.only_fault()


def test_an_index_of_parquet_is_a_column(spoiled):
    spoiled.frame("survey").set_index("district").to_parquet(spoiled.folder / "survey.parquet")
    assert "district" in read_frame("survey", spoiled.folder / "survey.parquet").columns


def test_formats_agree(spoiled):
    expected = read_tables(read_study(spoiled.folder)).sites.table
    as_workbook(spoiled, sheet_of(spoiled))
    tables = [read_tables(read_study(spoiled.folder)).sites.table]
    spoiled.frame("stations").to_parquet(spoiled.folder / "stations.parquet")
    spoiled.setting('"stations.xlsx"', '"stations.parquet"')
    tables.append(read_tables(read_study(spoiled.folder)).sites.table)
    for table in tables:
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(expected))
    assert np.isfinite(expected.geometry.x).all()
