<?php
// The demo's application: its database is told by the environment of its own PHP.
$database = new PDO(
    sprintf('%s:host=%s;port=%s;dbname=%s', getenv('DB_CONNECTION'), getenv('DB_HOST'), getenv('DB_PORT'), getenv('DB_DATABASE')),
    getenv('DB_USERNAME'),
    getenv('DB_PASSWORD')
);
$database->exec('create table if not exists kunjungan (nomor int auto_increment primary key, waktu timestamp not null)');
$database->exec('insert into kunjungan (waktu) values (now())');
$visits = $database->query('select count(*) from kunjungan')->fetchColumn();
?>
<!doctype html>
<html lang="id">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Dinas Perhubungan</title>
  <link rel="stylesheet" href="gaya.css">
</head>
<body>
  <h1>Dinas Perhubungan</h1>
  <p>Informasi angkutan, parkir dan lalu lintas.</p>
  <p>Kunjungan ke-<?= (int) $visits ?></p>
</body>
</html>
